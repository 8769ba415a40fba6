// Editor: "Import osel's configuration" in the main menu and in the list of actions. The server turns the pasted YAML into
// the main example, filled in; passwords go into the credentials of the imported nodes and nowhere else.
;(() => {
  const ACTION = 'openstack-events:import-osel'
  const MENU_ITEM = 'menu-item-openstack-events-import-osel'
  const text = (key, options) => RED._(`node-red-contrib-openstack-events/syslog-out:syslog-out.osel.${key}`, options)

  function open() {
    const yaml = $('<textarea>', { id: 'openstack-events-osel-yaml', rows: 16, spellcheck: 'false' }).css({
      width: '100%',
      boxSizing: 'border-box',
      fontFamily: 'var(--red-ui-monospace-font)',
      resize: 'vertical',
    })
    const problem = $('<p>', { id: 'openstack-events-osel-problem' })
      .css({ color: 'var(--red-ui-text-color-error)' })
      .hide()
    const findings = $('<div>', { id: 'openstack-events-osel-notes' }).hide()
    const intro = $('<p>').text(text('intro'))
    let answer

    const dialog = $('<div>').append(intro, yaml, problem, findings)
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
        { id: 'openstack-events-osel-cancel', text: text('cancel'), click: () => dialog.dialog('close') },
        { id: 'openstack-events-osel-read', text: text('read'), class: 'primary', click: read },
        { id: 'openstack-events-osel-import', text: text('import'), class: 'primary', click: finish },
      ],
    })
    $('#openstack-events-osel-import').hide()

    function read() {
      problem.hide()
      $.ajax({
        url: 'openstack-events/import-osel',
        type: 'POST',
        contentType: 'application/json',
        data: JSON.stringify({ yaml: yaml.val() }),
      })
        .done((found) => {
          answer = found
          intro.text(text('found'))
          yaml.val('').hide()
          findings.empty().append(table(found.notes)).show()
          $('#openstack-events-osel-read').hide()
          $('#openstack-events-osel-import').show()
          dialog.dialog('option', 'position', { my: 'center', at: 'center', of: window })
        })
        .fail((failure) => problem.text(failure.responseJSON?.message || text('failed')).show())
    }

    function finish() {
      dialog.dialog('close')
      const nodes = answer.flow.map((node) => {
        const credentials = answer.credentials[node.id]
        return credentials ? { ...node, credentials } : node
      })
      RED.view.importNodes(nodes, { generateIds: false, addFlow: false })
      const tab = nodes.find((node) => node.type === 'tab')
      if (tab) RED.workspaces.show(tab.id)
    }
  }

  /** What needs a person comes first. */
  function table(notes) {
    const order = ['missing', 'unreadable', 'changed', 'taken', 'no-meaning']
    const rows = [...notes].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))
    const cell = (content, style) =>
      $('<td>')
        .css({ padding: '3px 8px', verticalAlign: 'top', ...style })
        .text(content)
    const body = rows.map(({ key, verdict, text: said }) =>
      $('<tr>', { 'data-verdict': verdict })
        .css({ borderTop: '1px solid var(--red-ui-secondary-border-color)' })
        .append(
          cell(key, { fontFamily: 'var(--red-ui-monospace-font)', whiteSpace: 'nowrap' }),
          cell(text(`verdict.${verdict}`), { whiteSpace: 'nowrap' }),
          cell(said, {}),
        ),
    )
    const scroller = $('<div>').css({ maxHeight: '420px', overflowY: 'auto' })
    return scroller.append($('<table>').css({ width: '100%' }).append($('<tbody>').append(body)))
  }

  RED.actions.add(ACTION, open)
  const importItem = $('#menu-item-import')
  if (importItem.length > 0 && $(`#${MENU_ITEM}`).length === 0) {
    RED.menu.addItem('red-ui-header-button-sidemenu', { id: MENU_ITEM, label: text('menu'), onselect: ACTION })
    $(`#${MENU_ITEM}`).parent().insertAfter(importItem.parent())
  }
})()
