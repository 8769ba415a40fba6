import type { TemplateTexts } from './set'

/**
 * The set that comes with the palette, after the one of pretty-cool-events: a plain default, Slack blocks, a text message and
 * a mail. They show what a template can say; without any, code builds the message, which is the better one.
 */
export const SHIPPED: Readonly<Record<'default' | 'slack' | 'sms' | 'mail', TemplateTexts>> = {
  default: {
    fields: {
      title: '{{ report.title }}',
      text: `{% for fact in report.facts %}{{ fact.label }}: {{ fact.value }}
{% endfor %}{% if report.suppressed %}{{ report.suppressed.count }} more were held back since {{ report.suppressed.since }}
{% endif %}`,
    },
  },
  slack: {
    fields: { text: '{{ report.title }}' },
    document: JSON.stringify(
      [
        { type: 'header', text: { type: 'plain_text', text: '{{ report.eventType }}' } },
        { type: 'section', text: { type: 'mrkdwn', text: '*{{ report.title }}*' } },
        {
          type: 'section',
          fields: [
            { type: 'mrkdwn', text: '*Outcome*\n{{ report.outcome }}' },
            { type: 'mrkdwn', text: '*Severity*\n{{ report.severity }}' },
            { type: 'mrkdwn', text: '*By*\n{{ event.initiator.name | default: event.initiator.id | strip_newlines }}' },
            {
              type: 'mrkdwn',
              text: '*From*\n{{ event.initiator.host.address | default: "not told" | strip_newlines }}',
            },
          ],
        },
        { type: 'context', elements: [{ type: 'mrkdwn', text: '{{ report.time }}' }] },
      ],
      null,
      2,
    ),
  },
  sms: { fields: { text: '{{ report.title | truncate: 140 }}{% if report.link %} {{ report.link.url }}{% endif %}' } },
  mail: {
    fields: {
      subject: '[{{ report.severity }}] {{ report.title }}',
      text: `{{ report.title }}

{% for fact in report.facts %}{{ fact.label }}: {{ fact.value }}
{% endfor %}
{{ report.text }}
{% if report.link %}{{ report.link.url }}{% endif %}`,
    },
  },
}
