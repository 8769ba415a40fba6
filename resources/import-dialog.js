// Editor: imports of other programs' configurations, in the main menu and in the list of actions. The server turns the pasted
// text into a flow; passwords go into the credentials of the imported nodes and nowhere else.
//
// Each import is registered by window.openstackEventsImports.push({ ... }), before or after this file has come:
//   name    'osel': of the action, the menu item, the elements' ids and the address openstack-events/import-<name>
//   texts   where its texts are in the locale, e.g. 'syslog-out:syslog-out.osel'
//   fields  names of the texts to paste; the first is the configuration
;(() => {
  const VERDICTS = ['missing', 'unreadable', 'changed', 'taken', 'no-meaning']

  function register({ name, texts, fields }) {
    const action = `openstack-events:import-${name}`
    const menuItem = `menu-item-openstack-events-import-${name}`
    const id = (part) => `openstack-events-${name}-${part}`
    const text = (key, options) => RED._(`node-red-contrib-openstack-events/${texts}.${key}`, options)

    function open() {
      const areas = fields.map((field, index) =>
        $('<textarea>', { id: id(field), rows: index === 0 ? 16 : 4, spellcheck: 'false' }).css({
          width: '100%',
          boxSizing: 'border-box',
          fontFamily: 'var(--red-ui-monospace-font)',
          resize: 'vertical',
        }),
      )
      const problem = $('<p>', { id: id('problem'), role: 'alert' })
        .css({ color: 'var(--red-ui-text-color-error)' })
        .hide()
      const findings = $('<div>', { id: id('notes') }).hide()
      const intro = $('<p>').text(text('intro'))
      const asked = $('<div>')
      areas.forEach((area, index) => {
        if (index > 0)
          asked.append(
            $('<label>', { for: area.attr('id') })
              .css({ marginTop: '8px' })
              .text(text(fields[index])),
          )
        asked.append(area)
      })
      let answer

      const dialog = $('<div>').append(intro, asked, problem, findings)
      dialog.dialog({
        modal: true,
        title: text('title'),
        width: 820,
        open: () => RED.keyboard.disable(),
        close: () => {
          RED.keyboard.enable()
          dialog.dialog('destroy').remove()
        },
        buttons: [
          { id: id('cancel'), text: text('cancel'), click: () => dialog.dialog('close') },
          { id: id('read'), text: text('read'), class: 'primary', click: read },
          { id: id('import'), text: text('import'), class: 'primary', click: finish },
        ],
      })
      $(`#${id('import')}`).hide()

      function read() {
        problem.hide()
        $.ajax({
          url: `openstack-events/import-${name}`,
          type: 'POST',
          contentType: 'application/json',
          data: JSON.stringify(Object.fromEntries(fields.map((field, index) => [field, areas[index].val()]))),
        })
          .done((found) => {
            answer = found
            intro.text(text('found'))
            for (const area of areas) area.val('')
            asked.hide()
            findings.empty().append(table(found.notes)).show()
            $(`#${id('read')}`).hide()
            $(`#${id('import')}`).show()
            dialog.dialog('option', 'position', { my: 'center', at: 'center', of: window })
          })
          .fail((failure) => problem.text(failure.responseJSON?.message || text('failed')).show())
      }

      function finish() {
        dialog.dialog('close')
        const nodes = answer.flow.map((node) => {
          const credentials = answer.credentials[node.id]
          return { ...usualSettings(node.type), ...node, ...(credentials ? { credentials } : {}) }
        })
        RED.view.importNodes(nodes, { generateIds: false, addFlow: false })
        const tab = nodes.find((node) => node.type === 'tab')
        if (tab) RED.workspaces.show(tab.id)
      }
    }

    /** What needs a person comes first. */
    function table(notes) {
      const rows = [...notes].sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict))
      const cell = (content, style) =>
        $('<td>')
          .css({ padding: '3px 8px', verticalAlign: 'top', ...style })
          .text(content)
      const body = rows.map(({ key, verdict, text: said }) =>
        $('<tr>', { 'data-verdict': verdict })
          .css({ borderTop: '1px solid var(--red-ui-secondary-border-color)' })
          .append(
            cell(key, { fontFamily: 'var(--red-ui-monospace-font)', overflowWrap: 'anywhere', minWidth: '220px' }),
            cell(text(`verdict.${verdict}`), { whiteSpace: 'nowrap' }),
            cell(said, {}),
          ),
      )
      const scroller = $('<div>').css({ maxHeight: '420px', overflowY: 'auto' })
      return scroller.append($('<table>').css({ width: '100%' }).append($('<tbody>').append(body)))
    }

    RED.actions.add(action, open)
    const importItem = $('#menu-item-import')
    if (importItem.length > 0 && $(`#${menuItem}`).length === 0) {
      RED.menu.addItem('red-ui-header-button-sidemenu', { id: menuItem, label: text('menu'), onselect: action })
      $(`#${menuItem}`).parent().insertAfter(importItem.parent())
    }
  }

  /** What a new node of the type begins with, for settings that the import says nothing of. */
  function usualSettings(type) {
    const defaults = RED.nodes.getType(type)?.defaults || {}
    const values = Object.entries(defaults).filter(([, { value }]) => value !== undefined)
    return Object.fromEntries(values.map(([name, { value }]) => [name, structuredClone(value)]))
  }

  const waiting = window.openstackEventsImports || []
  window.openstackEventsImports = { push: register }
  for (const one of waiting) register(one)
})()
