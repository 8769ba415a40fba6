import assert from 'node:assert/strict'
import { child, children, parseReply, textAt } from '../../../src/qualys/xml'

const reply = (text: string, contentType = 'text/xml') => ({
  status: 200,
  headers: { 'content-type': contentType },
  text,
})
const refuses = (text: string, code: string, contentType?: string) =>
  assert.throws(() => parseReply(reply(text, contentType)), { code })

describe('a reply in XML', () => {
  it('is read with its texts as they are: references and ids never become numbers', () => {
    const root = parseReply(reply('<A><REF> scan/1790000000.10\n</REF><ID>0041</ID><N>1e3</N></A>'))
    assert.equal(root.name, 'A')
    assert.deepEqual(
      root.children.map(({ text }) => text),
      ['scan/1790000000.10', '0041', '1e3'],
    )
  })

  it('may begin with a byte order mark, a declaration, comments and a DOCTYPE that names a DTD', () => {
    const root = parseReply(
      reply(`\uFEFF<?xml version="1.0"?>
        <!-- a --> <!DOCTYPE SIMPLE_RETURN SYSTEM "https://qualysapi.qualys.com/api/2.0/simple_return.dtd"><A><B>x</B></A>`),
    )
    assert.equal(textAt(root, 'B'), 'x')
  })

  it('gives one child and several children alike', () => {
    assert.equal(children(parseReply(reply('<L><S><R>1</R></S></L>')), 'S').length, 1)
    assert.equal(children(parseReply(reply('<L><S><R>1</R></S><S/></L>')), 'S').length, 2)
  })

  it('takes CDATA literally and knows the five entities and character references outside it', () => {
    const root = parseReply(reply('<A><T>\n<![CDATA[ a &amp; <b> ]]>\n</T><U>a &amp; &#98; &#x63; &lt;</U></A>'))
    assert.equal(textAt(root, 'T'), 'a &amp; <b>')
    assert.equal(textAt(root, 'U'), 'a & b c <')
  })

  it('leaves an entity that it does not know as it stands', () => {
    assert.equal(textAt(parseReply(reply('<A><T>&secret; &#0;</T></A>')), 'T'), '&secret; &#0;')
  })

  it('finds children along a path, and none where there is none', () => {
    const root = parseReply(reply('<A><B><C>x</C></B><D/></A>'))
    assert.equal(child(root, 'B', 'C')?.text, 'x')
    assert.equal(child(root, 'B', 'X', 'Y'), undefined)
    assert.equal(textAt(root, 'D'), undefined)
  })
})

describe('what is not such a reply', () => {
  it('is named an HTML page, by its content type or by its beginning', () => {
    refuses('<html><body>Login</body></html>', 'QUALYS_NOT_XML')
    refuses('  <!DOCTYPE html>\n<html><body>Maintenance</body></html>', 'QUALYS_NOT_XML')
    refuses('<div>Please log in</div>', 'QUALYS_NOT_XML', 'text/html; charset=utf-8')
  })

  it('is refused when empty, or JSON', () => {
    refuses('', 'QUALYS_NOT_XML')
    refuses('{"error":"x"}', 'QUALYS_NOT_XML', 'application/json')
  })

  it('is refused when cut off, not well-formed or of two roots', () => {
    refuses('<SIMPLE_RETURN><RESPONSE><TEXT>New vm sc', 'QUALYS_BAD_XML')
    refuses('<A><B></A></B>', 'QUALYS_BAD_XML')
    refuses('<A/><B/>', 'QUALYS_BAD_XML')
    refuses('<A><__proto__><polluted>1</polluted></__proto__></A>', 'QUALYS_BAD_XML')
  })

  it('is refused when nested without end', () => {
    refuses(`${'<A>'.repeat(5000)}${'</A>'.repeat(5000)}`, 'QUALYS_BAD_XML')
  })

  it('is refused when its DOCTYPE declares entities: bombs and local files', () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "${'x'.repeat(100)}"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>`
    refuses(bomb, 'QUALYS_DOCTYPE')
    refuses('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'QUALYS_DOCTYPE')
    refuses('<!DOCTYPE a SYSTEM "http://x/" [<!ENTITY % p SYSTEM "http://x/"> %p;]><a/>', 'QUALYS_DOCTYPE')
  })

  it('never expands an entity, however it is declared', () => {
    // A DOCTYPE is only read before the root; in the middle it declares nothing.
    const root = parseReply(reply('<a><!DOCTYPE b [<!ENTITY x "boom">]><t>&x;</t></a>'))
    assert.equal(textAt(root, 't'), '&x;')
  })

  it('is told apart in time when it is huge', () => {
    const started = Date.now()
    refuses(`<A>${'<!-- '.repeat(200_000)}`, 'QUALYS_BAD_XML')
    refuses(`<!DOCTYPE ${' '.repeat(500_000)}`, 'QUALYS_DOCTYPE')
    refuses(`${'<!-- x -->'.repeat(100_000)}<!DOCTYPE a [`, 'QUALYS_DOCTYPE')
    assert.ok(Date.now() - started < 3000)
  })
})
