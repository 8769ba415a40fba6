// Editor: "Import osel's configuration" (resources/import-dialog.js).
window.openstackEventsImports = window.openstackEventsImports || []
window.openstackEventsImports.push({ name: 'osel', texts: 'syslog-out:syslog-out.osel', fields: ['yaml'] })
