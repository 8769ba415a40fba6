import type { Node, NodeAPI, NodeDef } from 'node-red'
import { describeError } from '../../src/errors/operator-error'
import { compileTemplate } from '../../src/notify/templates/engine'
import { checkDocument, TEMPLATE_FIELDS, type TemplateTexts } from '../../src/notify/templates/set'
import type { ServiceNode } from '../shared/config-node'
import { deliveryService } from '../shared/delivery'
import { notifyAdmin } from '../shared/notify/admin'

interface AuditTemplateConfig extends NodeDef {
  readonly [setting: string]: unknown
}

export default function register(RED: NodeAPI): void {
  deliveryService(RED)

  function AuditTemplateNode(this: Node & Partial<ServiceNode<TemplateTexts>>, config: AuditTemplateConfig): void {
    RED.nodes.createNode(this, config)
    const texts: TemplateTexts = {
      fields: Object.fromEntries(TEMPLATE_FIELDS.map((name) => [name, String(config[name] ?? '')])),
      document: String(config['document'] ?? ''),
    }
    try {
      // Each channel reads what concerns it once more, with its own escaping; what is broken is broken for all.
      for (const [name, text] of Object.entries(texts.fields)) compileTemplate(text, 'none', name)
      checkDocument(texts.document ?? '')
      this.service = texts
    } catch (thrown) {
      // Its users find no service, and say so.
      this.error(describeError(thrown))
    }
  }
  RED.nodes.registerType('audit-template', AuditTemplateNode as never)
  notifyAdmin(RED)
}
