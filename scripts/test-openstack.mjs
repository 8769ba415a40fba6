// The nodes at a real OpenStack, which is installed if it is missing and started for the time of the tests.
import { conclude, suite } from './suite.mjs'
import { ensureSystemPackages, FOR_OPENSTACK } from './system-packages.mjs'

ensureSystemPackages(FOR_OPENSTACK)
await suite('openstack')
conclude()
