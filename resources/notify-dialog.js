// Editor: what the dialogs of all notifying nodes share: texts, link, throttle, quiet hours, grouping, ticket keys, and the
// buttons that try it. A channel's own rows stand in its html; it calls openstackEventsNotify.prepare(this, options).
window.openstackEventsNotify = (() => {
  const text = (key) => RED._(`node-red-contrib-openstack-events/audit-template:audit-template.notify.${key}`)
  const error = (key) => RED._(`node-red-contrib-openstack-events/audit-template:audit-template.errors.${key}`)
  const SEVERITIES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']
  const TEXTS = ['title', 'text', 'subject', 'html']
  const UNIT_MS = { seconds: 1000, minutes: 60000, hours: 3600000 }
  const isVariable = (value) => /^\$\{\w+\}$/.test(value)

  const row = (...content) => $('<div>', { class: 'form-row' }).append(...content)
  const label = (name, key, icon) =>
    $('<label>', { for: `node-input-${name}` }).append(
      $('<i>', { class: `fa fa-${icon}` }),
      ' ',
      document.createTextNode(text(key)),
    )
  const input = (node, name, placeholder, width) =>
    $('<input>', { type: 'text', id: `node-input-${name}`, placeholder: placeholder ? text(placeholder) : '' })
      .css({ width: width || '70%' })
      .val(node[name] ?? node._def.defaults[name]?.value ?? '')
  const area = (node, name, rows) =>
    $('<textarea>', { id: `node-input-${name}`, rows, spellcheck: 'false' })
      .css({ width: '70%', fontFamily: 'var(--red-ui-monospace-font)' })
      .val(node[name] ?? '')
  const between = (key) => $('<span>').css({ margin: '0 6px' }).text(text(key))

  function texts(node, fields) {
    const rows = [$('<p>').css({ margin: '0 0 8px' }).text(text('fieldsHint'))]
    for (const field of fields) {
      const name = `template_${field.name}`
      const shown = $('<label>', { for: `node-input-${name}` }).text(field.label)
      rows.push(row(shown, field.lines > 1 ? area(node, name, field.lines) : input(node, name)))
    }
    rows.push(row(label('link', 'link', 'external-link'), input(node, 'link', 'linkPlaceholder')))
    return rows
  }

  function delivery(node, { tickets, idempotent }) {
    const urgent = $('<select>', { id: 'node-input-urgent' }).css({ width: '70%' })
    urgent.append($('<option>', { value: '' }).text(text('urgentNone')))
    for (const severity of SEVERITIES)
      urgent.append($('<option>', { value: severity }).text(`${severity} ${text('orWorse')}`))
    urgent.val(node.urgent || '')
    const unit = $('<select>', { id: 'node-input-groupWindowUnit' }).css({ width: '100px' })
    for (const name of Object.keys(UNIT_MS)) unit.append($('<option>', { value: name }).text(text(name)))
    unit.val(node.groupWindowUnit || 'seconds')
    const group = $('<input>', { type: 'checkbox', id: 'node-input-group' })
      .css({ width: 'auto' })
      .prop('checked', node.group === true)
    const repeat = $('<input>', { type: 'checkbox', id: 'node-input-repeatUnknown' })
      .css({ width: 'auto' })
      .prop('checked', node.repeatUnknown !== false)
    const rows = [
      row(
        label('throttle', 'throttle', 'tachometer'),
        input(node, 'throttle', 'throttlePlaceholder', '25%'),
        between('throttleKey'),
        input(node, 'throttleKey', 'throttleKeyPlaceholder', '30%'),
      ),
      row(
        label('group', 'group', 'object-group').css({ width: 'auto', marginRight: '8px' }).prepend(group, ' '),
        input(node, 'groupWindow', '', '60px'),
        ' ',
        unit,
      ),
      row(
        $('<label>'),
        between('groupKey').css({ marginLeft: 0 }),
        input(node, 'groupKey', 'groupKeyPlaceholder', '40%'),
      ),
      row(
        label('quiet', 'quiet', 'moon-o'),
        input(node, 'quiet', 'quietPlaceholder', '25%'),
        between('quietDays'),
        input(node, 'quietDays', 'quietDaysPlaceholder', '20%'),
      ),
      row(label('timeZone', 'timeZone', 'globe'), input(node, 'timeZone', 'timeZonePlaceholder')),
      row(label('urgent', 'urgent', 'bolt'), urgent),
    ]
    if (!idempotent)
      rows.push(row(label('repeatUnknown', 'repeatUnknown', 'repeat').css({ width: 'auto' }).prepend(repeat, ' ')))
    if (tickets) {
      rows.push(
        row(label('ticketKey', 'ticketKey', 'ticket'), input(node, 'ticketKey', 'ticketKeyPlaceholder')),
        row(label('closedBy', 'closedBy', 'check-square-o'), input(node, 'closedBy', 'closedByPlaceholder')),
      )
    }
    return rows
  }

  /** The editor watches only what stands in the html. */
  function watch(node, element) {
    const name = element.attr('id').replace('node-input-', '')
    const validate = node._def.defaults[name]?.validate
    if (!validate) return
    const mark = () => {
      const said = validate.call(node, element.val(), {})
      element.toggleClass('input-error', said !== true)
      if (said === true) element.removeAttr('title')
      else element.attr('title', String(said))
    }
    element.on('input change', mark)
    mark()
  }

  /** A flow written by hand or by a program may lack settings: the editor would show nothing for them, and store that. */
  function fallBack(node) {
    for (const [name, { value, type }] of Object.entries(node._def.defaults)) {
      if (node[name] !== undefined || type) continue
      const element = $(`#node-input-${name}`)
      if (element.is(':checkbox')) element.prop('checked', value === true)
      else element.val(value)
      element.trigger('change')
    }
  }

  /** What the dialog holds now, as it would be stored. */
  function current(node) {
    if (node.type === 'audit-template') return { fields: currentTexts() }
    const config = {}
    for (const name of Object.keys(node._def.defaults)) {
      const element = $(`#node-input-${name}`)
      if (element.length === 0) config[name] = node[name]
      else if (element.is(':checkbox')) config[name] = element.prop('checked')
      // The editor's word for "no configuration node, add one".
      else config[name] = element.val() === '_ADD_' ? '' : element.val()
    }
    const credentials = {}
    for (const name of Object.keys(node._def.credentials || {})) credentials[name] = $(`#node-input-${name}`).val()
    return { id: node.id, fields: config, secrets: credentials }
  }

  /** Shared texts, as a channel of its own would store them. */
  function currentTexts() {
    const names = [...TEXTS, 'document']
    return Object.fromEntries(names.map((name) => [`template_${name}`, $(`#node-config-input-${name}`).val()]))
  }

  function ask(node, what, more) {
    return $.ajax({
      url: `openstack-events/notify/${node.type}/${what}`,
      type: 'POST',
      contentType: 'application/json',
      data: JSON.stringify({ ...current(node), ...more }),
    })
  }

  /** A sample to paste, the buttons, and where their answers are shown. */
  function tryingWith(node, names) {
    const answer = $('<div>', { id: 'openstack-events-notify-answer' }).css({
      whiteSpace: 'pre-wrap',
      marginTop: '8px',
      overflowWrap: 'anywhere',
    })
    const sample = $('<textarea>', {
      id: 'openstack-events-notify-sample',
      rows: 3,
      placeholder: text('sample'),
      spellcheck: 'false',
    }).css({ width: '100%', boxSizing: 'border-box', fontFamily: 'var(--red-ui-monospace-font)' })
    const button = (key, icon, click) =>
      $('<button>', { type: 'button', class: 'red-ui-button', id: `openstack-events-notify-${key}` })
        .append($('<i>', { class: `fa fa-${icon}` }), ' ', document.createTextNode(text(key)))
        .on('click', click)
    const say = (said, isError) =>
      answer.css({ color: isError ? 'var(--red-ui-text-color-error)' : 'var(--red-ui-primary-text-color)' }).text(said)
    const failed = (failure) => say(failure.responseJSON?.message || text('failed'), true)
    const buttons = {
      test: () =>
        button('test', 'plug', () =>
          ask(node, 'test')
            .done(({ target, found }) => say(`${target}: ${found}`, false))
            .fail(failed),
        ),
      preview: () =>
        button('preview', 'eye', () =>
          ask(node, 'preview', { sample: sample.val() })
            .done((report) => say(shown(report), false))
            .fail(failed),
        ),
    }
    return [sample, row(...names.flatMap((name) => [buttons[name](), ' '])), answer]
  }

  function shown(report) {
    const filled = Object.entries(report.filled || {}).map(([name, value]) => `${name}: ${value}`)
    const built = [report.title, report.text, ...report.facts.map((fact) => `${fact.label}: ${fact.value}`)]
    const document = report.document === undefined ? [] : [JSON.stringify(report.document, null, 2)]
    const link = report.link ? [report.link.url] : []
    return [...filled, ...document, ...(filled.length + document.length > 0 ? [] : built), ...link]
      .filter(Boolean)
      .join('\n')
  }

  return {
    /**
     * Fills the shared part of a dialog.
     * @param options fields: [{name, label, lines}] of the channel's templates; tickets: whether it opens and closes;
     *   idempotent: whether it may repeat what got no answer without asking
     */
    prepare(node, options) {
      fallBack(node)
      const box = $('#openstack-events-notify')
      const part = (key, rows) => {
        const details = $('<details>', { id: `openstack-events-notify-part-${key}` }).css({ marginBottom: '10px' })
        details.append($('<summary>').css({ cursor: 'pointer', margin: '8px 0' }).text(text(key)), ...rows)
        return details
      }
      box.append(
        part('fields', texts(node, options.fields)),
        part('delivery', delivery(node, options)),
        part('try', tryingWith(node, ['test', 'preview'])),
      )
      box.find('[id^="node-input-"]').each(function () {
        watch(node, $(this))
      })
    },

    /** Offers the templates that come with the palette. */
    shippedTemplates() {
      const select = $('#audit-template-shipped')
      $.getJSON('openstack-events/notify/templates').done((shipped) => {
        for (const name of Object.keys(shipped)) select.append($('<option>', { value: name }).text(name))
        select.on('change', () => {
          const chosen = shipped[select.val()]
          if (!chosen) return
          for (const field of TEXTS) $(`#node-config-input-${field}`).val(chosen.fields[field] || '')
          $('#node-config-input-document')
            .val(chosen.document || '')
            .trigger('change')
        })
      })
    },

    /** Shows what shared texts make of an event, before anything is deployed. */
    previewTemplates(node) {
      $('#audit-template-preview').append(...tryingWith(node, ['preview']))
    },

    isJsonObject(value) {
      if (!value || isVariable(value)) return true
      try {
        const parsed = JSON.parse(value)
        return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      } catch {
        return false
      }
    },
    validateThrottle(value, opt) {
      if (!value || isVariable(value) || /^\s*\d{1,6}\s*\/\s*\d{1,6}\s*[smhdw]\s*$/i.test(value)) return true
      return opt ? error('throttle') : false
    },
    validateQuiet(value, opt) {
      if (!value || isVariable(value) || /^\s*\d{1,2}:\d\d\s*[-–]\s*\d{1,2}:\d\d\s*$/.test(value)) return true
      return opt ? error('quiet') : false
    },
    validateWindow(node, value, opt) {
      const ms = Number(value) * (UNIT_MS[node.groupWindowUnit] || 1000)
      if (!node.group || isVariable(value) || (ms >= 1000 && ms <= 24 * 3600000)) return true
      return opt ? error('window') : false
    },
  }
})()
