// Editor: "Import pretty-cool-events' configuration" (resources/import-dialog.js).
window.openstackEventsImports = window.openstackEventsImports || []
window.openstackEventsImports.push({
  name: 'watchers',
  texts: 'cadf-filter:cadf-filter.watchers',
  fields: ['yaml', 'template'],
})
