/// The elements and texts of a page as they follow each other. Tolerant as browsers are, in time linear in its length:
/// elements that are nested too deeply count as their ancestor's content.
struct HTMLPage {
    struct Node {
        let parent: Int
        let tag: HTMLTag
        /// Of a text: where it is in ``bytes``; of a link: its address. Else empty.
        var range: Range<Int> = 0..<0
        var isText = false
        var isHidden = false
        /// What its class, id and role say of it: above zero for a main text.
        var weight = 0
        /// After its last descendant.
        var end = 0
    }

    static let depthLimit = 100
    static let nodeLimit = 200_000

    let bytes: [UInt8]
    private(set) var nodes: [Node] = [Node(parent: 0, tag: .html)]
    private(set) var title = 0..<0
    /// Whether it has more nodes than are read.
    private(set) var isCut = false
    private var open = [0]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var index = 0
        while index < bytes.count {
            guard self.nodes.count < Self.nodeLimit else {
                self.isCut = true
                break
            }
            index = bytes[index] == UInt8(ascii: "<") ? self.readMarkup(at: index) : self.readText(from: index)
        }
        while !self.open.isEmpty { self.close() }
    }

    private mutating func close() { self.nodes[self.open.removeLast()].end = self.nodes.count }

    private mutating func readText(from start: Int) -> Int {
        let end = self.bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "<")) ?? self.bytes.count
        self.add(text: start..<end)
        return end
    }

    private mutating func add(text range: Range<Int>) {
        var node = Node(parent: self.open[self.open.count - 1], tag: .other, range: range)
        node.isText = true
        node.end = self.nodes.count + 1
        self.nodes.append(node)
    }

    /// The index after the tag, comment or declaration, or after a lone `<`.
    private mutating func readMarkup(at start: Int) -> Int {
        let next = start + 1 < self.bytes.count ? self.bytes[start + 1] : 0
        if self.bytes[start...].starts(with: "<!--".utf8) { return self.end(of: "-->", from: start + 4) }
        if next == UInt8(ascii: "!") || next == UInt8(ascii: "?") { return self.end(of: ">", from: start + 1) }
        let isEnd = next == UInt8(ascii: "/")
        var index = start + (isEnd ? 2 : 1)
        guard index < self.bytes.count, Self.isLetter(self.bytes[index]) else {
            return isEnd ? self.end(of: ">", from: start) : self.readText(from: start)
        }
        let name = self.name(at: &index)
        var attributes = HTMLAttributes()
        index = attributes.read(self.bytes, from: index)
        let tag = HTMLTag(rawValue: name) ?? .other
        guard !isEnd else {
            self.endElement(tag)
            return index
        }
        self.beginElement(tag, attributes)
        guard tag.isRaw else { return index }
        let content = index..<self.rawEnd(name, from: index)
        if tag == .title, self.title.isEmpty { self.title = content }
        return content.upperBound
    }

    private mutating func beginElement(_ tag: HTMLTag, _ attributes: HTMLAttributes) {
        let ends = tag.ends
        if !ends.isEmpty {
            // Of nested ones that it ends, the outermost counts.
            var place: Int?
            for position in stride(from: self.open.count - 1, to: 0, by: -1) {
                let open = self.nodes[self.open[position]].tag
                if ends.contains(open) { place = position } else if HTMLTag.fences.contains(open) { break }
            }
            if let place { while self.open.count > place { self.close() } }
        }
        var node = Node(parent: self.open[self.open.count - 1], tag: tag, range: attributes.link)
        node.isHidden = tag.isHidden || attributes.isHidden
        node.weight = attributes.weight
        node.end = self.nodes.count + 1
        self.nodes.append(node)
        if !tag.isVoid, !tag.isRaw, self.open.count < Self.depthLimit { self.open.append(self.nodes.count - 1) }
    }

    private mutating func endElement(_ tag: HTMLTag) {
        guard tag != .other else { return }
        let place = self.open.indices.dropFirst().last { self.nodes[self.open[$0]].tag == tag }
        guard let place else { return }
        while self.open.count > place { self.close() }
    }

    // MARK: Bytes

    private func end(of mark: String, from start: Int) -> Int {
        guard start < self.bytes.count else { return self.bytes.count }
        return self.bytes[start...].firstRange(of: Array(mark.utf8))?.upperBound ?? self.bytes.count
    }

    /// Where the end tag of that name begins.
    private func rawEnd(_ name: String, from start: Int) -> Int {
        let name = Array(name.utf8)
        var index = start
        while let mark = self.bytes[index...].firstIndex(of: UInt8(ascii: "<")) {
            index = mark + 1
            guard index + name.count < self.bytes.count, self.bytes[index] == UInt8(ascii: "/") else { continue }
            if self.bytes[(index + 1)...].prefix(name.count).elementsEqual(name, by: { $0 | 0x20 == $1 }) {
                return mark
            }
        }
        return self.bytes.count
    }

    /// In lower case; a longer one than any that is known is cut.
    private func name(at index: inout Int) -> String {
        let start = index
        while index < self.bytes.count, Self.isLetter(self.bytes[index]) || 0x30...0x39 ~= self.bytes[index] {
            index += 1
        }
        return String(decoding: self.bytes[start..<min(index, start + 12)].map { $0 | 0x20 }, as: UTF8.self)
    }

    static func isLetter(_ byte: UInt8) -> Bool { 0x61...0x7A ~= byte | 0x20 }
}
