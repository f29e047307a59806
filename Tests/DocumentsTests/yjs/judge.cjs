// Yjs as the judge of SharedText. Reads a JSON object a line and answers with one; bytes are Base64.
//   {"make": {"seed", "clients", "edits", "cuts", "inOrder"}}   -> {"updates", "text", "vector", "size"}: concurrent edits, shuffled
//   {"read": [UPDATE], "vector"?}                    -> {"text", "vector", "size", "waits", "diff"}: what Yjs makes of them
//   {"foreign": KIND, "frame"?: true}                                -> {"update"}: what isn't plain text
//   {"person": NAME, "edit"?: [at, delete, text], "take"?: [FRAME], "begin"?: true}
//                                                    -> {"send": [FRAME], "text"}: an editor that speaks y-protocols/sync
//     "passage"?: {"start", "end"}                   adds "passage": the text between two relative positions; null without one
const Y = require('yjs')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')
const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const base64 = (array) => Buffer.from(array).toString('base64')

function make({ seed, clients, edits, cuts, inOrder }) {
  let state = BigInt(seed) * 2654435761n + 1n
  const random = (limit) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
    return Number((state >> 33n) % BigInt(limit))
  }
  const words = ['a', 'b\n', 'word ', 'ä', '€', '😀', '👩‍👩‍👧', '\n\n', 'long text that is typed at once\n', '𝒳x']
  const log = []
  const documents = Array.from({ length: clients }, (_, number) => {
    const document = new Y.Doc()
    document.clientID = 1 + random(0xfffffff0)
    document.on('update', (update, _, __, transaction) => { if (transaction.local) log.push(update) })
    return document
  })
  const exchange = (from, to) => Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))
  // An edge within a pair of surrogates moves before it, unless cuts are wanted.
  const edge = (text, index) => {
    const unit = text.charCodeAt(index)
    return !cuts && index > 0 && unit >= 0xdc00 && unit <= 0xdfff ? index - 1 : index
  }
  for (let number = 0; number < edits; number++) {
    const document = documents[random(clients)]
    const type = document.getText('text')
    const text = type.toString()
    document.transact(() => {
      for (let part = random(8) === 0 ? 2 : 1; part > 0; part--) {
        const text = type.toString()
        const at = edge(text, random(text.length + 1))
        if (random(3) === 0 && text.length > 0) {
          const end = edge(text, Math.min(text.length, at + 1 + random(12)))
          if (end > at) type.delete(at, end - at)
        } else type.insert(at, words[random(words.length)])
      }
    })
    // Somebody types on.
    if (random(2) === 0) {
      let at = edge(type.toString(), random(type.length + 1))
      for (const letter of 'typed') type.insert(at++, letter)
    }
    if (random(6) === 0) exchange(documents[random(clients)], document)
  }
  for (const from of documents) for (const to of documents) if (from !== to) exchange(from, to)
  for (const from of documents) for (const to of documents) if (from !== to) exchange(from, to)
  const text = documents[0].getText('text').toString()
  for (const other of documents) if (other.getText('text').toString() !== text) throw new Error('Yjs diverged')
  const vector = base64(Y.encodeStateVector(documents[0]))
  const size = Y.encodeStateAsUpdate(documents[0]).length
  if (inOrder) return { updates: log.map(base64), text, vector, size }
  // Some are merged, so that they have gaps, some come twice, and none in order.
  const updates = []
  for (let index = 0; index < log.length; index++) {
    updates.push(random(9) === 0 && index > 3 ? Y.mergeUpdates([log[index], log[random(index)]]) : log[index])
    if (random(10) === 0) updates.push(log[random(log.length)])
  }
  for (let index = updates.length - 1; index > 0; index--) {
    const other = random(index + 1)
    ;[updates[index], updates[other]] = [updates[other], updates[index]]
  }
  return { updates: updates.map(base64), text, vector, size }
}

function load(updates) {
  const document = new Y.Doc()
  // At once: Yjs takes a time that is quadratic in updates that wait for others.
  Y.applyUpdate(document, Y.mergeUpdates(updates.map(bytes)))
  return document
}

function read(updates, vector) {
  const document = load(updates)
  return {
    text: document.getText('text').toString(), vector: base64(Y.encodeStateVector(document)),
    size: Y.encodeStateAsUpdate(document).length, waits: document.store.pendingStructs !== null,
    diff: base64(Y.encodeStateAsUpdate(document, vector ? bytes(vector) : undefined)),
  }
}

const people = new Map()

function person({ person, begin, take, edit, passage }) {
  let document = people.get(person)
  const send = []
  const frame = (kind, payload) => {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, 0)
    encoding.writeVarUint(encoder, kind)
    encoding.writeVarUint8Array(encoder, payload)
    send.push(base64(encoding.toUint8Array(encoder)))
  }
  if (!document) {
    document = new Y.Doc()
    people.set(person, document)
  }
  if (begin) frame(0, Y.encodeStateVector(document))
  for (const text of take || []) {
    const decoder = decoding.createDecoder(bytes(text))
    if (decoding.readVarUint(decoder) !== 0) continue
    const kind = decoding.readVarUint(decoder)
    const payload = decoding.readVarUint8Array(decoder)
    if (kind === 0) frame(1, Y.encodeStateAsUpdate(document, payload))
    else Y.applyUpdate(document, payload, 'host')
  }
  if (edit) {
    const made = (update) => frame(2, update)
    document.on('update', made)
    document.transact(() => {
      if (edit[1] > 0) document.getText('text').delete(edit[0], edit[1])
      if (edit[2]) document.getText('text').insert(edit[0], edit[2])
    })
    document.off('update', made)
  }
  const text = document.getText('text').toString()
  if (!passage) return { send, text }
  const [start, end] = [passage.start, passage.end].map((position) =>
    position && Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(position), document))
  return { send, text, passage: start && end ? text.slice(start.index, end.index) : null }
}

// What isn't plain text, by name.
function foreign(kind, asFrame) {
  const document = new Y.Doc()
  let update
  document.on('update', (made) => { update = made })
  switch (kind) {
    case 'map': document.getMap('text').set('key', 1); break
    case 'array': document.getArray('text').insert(0, [1, 2]); break
    case 'other root': document.getText('other').insert(0, 'text'); break
    case 'format': document.getText('text').insert(0, 'bold', { bold: true }); break
    case 'embed': document.getText('text').insertEmbed(0, { image: 'x' }); break
    case 'type': document.getArray('text').insert(0, [new Y.Text('inner')]); break
    case 'document': document.getMap('text').set('sub', new Y.Doc()); break
    case 'v2':
      document.on('updateV2', (made) => { update = made })
      document.getText('text').insert(0, 'text')
      break
  }
  if (!asFrame) return { update: base64(update) }
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, 0)
  encoding.writeVarUint(encoder, 2)
  encoding.writeVarUint8Array(encoder, update)
  return { update: Buffer.from(encoding.toUint8Array(encoder)).toString('hex') }
}

require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line)
  const answer = order.make ? make(order.make)
    : order.read ? read(order.read, order.vector)
    : order.person ? person(order)
    : foreign(order.foreign, order.frame)
  process.stdout.write(JSON.stringify(answer) + '\n')
})
