/// A parser event of libyaml, as a value.
struct Event {
    enum Kind {
        case streamStart, streamEnd
        case documentStart, documentEnd
        case sequenceStart, sequenceEnd
        case mappingStart, mappingEnd
        case scalar(String, isPlain: Bool)
        case alias(String)
    }

    let kind: Kind
    /// `&name` before the node.
    let anchor: String?
    /// `!name` before the node.
    let tag: String?
    let line: Int
    let column: Int
}
