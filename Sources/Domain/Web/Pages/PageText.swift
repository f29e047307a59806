internal import HTTP
internal import Primitives

/// The readable text of an HTML page, in Markdown's marks: its title, and its main text, with links. Nothing that a reader
/// of the page would not see. Pure.
package struct PageText {
    package let text: String
    /// Whether menus and the like were left out.
    package let isMain: Bool
    /// Whether the page has more elements than are read.
    package let isCut: Bool

    /// - Parameters:
    ///   - address: Where the page is, which its links are relative to.
    ///   - isWhole: Whether all of the page is wanted.
    package init(_ page: String, at address: String, isWhole: Bool = false) {
        let page = HTMLPage(Array(page.utf8))
        let main = MainText(page)
        let places = isWhole ? nil : main.places()
        var writer = Writer(page: page, hidden: main.hidden, base: try? HTTPURL(address), leavesOut: places != nil)
        for place in places ?? [0] { writer.write(place) }
        let title = HTMLEntities.decoded(String(decoding: page.bytes[page.title], as: UTF8.self))
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        self.text = (title.isEmpty ? "" : title + "\n\n") + writer.result
        self.isMain = places != nil
        self.isCut = page.isCut
    }

    private struct Writer {
        let page: HTMLPage
        let hidden: [Bool]
        let base: HTTPURL?
        let leavesOut: Bool
        private var lines: [String] = []
        private var line = ""
        private var code = 0

        init(page: HTMLPage, hidden: [Bool], base: HTTPURL?, leavesOut: Bool) {
            self.page = page
            self.hidden = hidden
            self.base = base
            self.leavesOut = leavesOut
        }

        var result: String {
            var result = self
            result.endLine()
            while result.lines.last?.isEmpty == true { result.lines.removeLast() }
            return result.lines.joined(separator: "\n")
        }

        /// Elements that are open, with what ends them; as deep as the page is.
        mutating func write(_ place: Int) {
            var open: [(end: Int, node: Int, mark: String)] = []
            var index = place
            let end = max(place + 1, self.page.nodes[place].end)
            while index < end {
                while let last = open.last, last.end <= index { self.endElement(open.removeLast()) }
                let node = self.page.nodes[index]
                if self.hidden[index] || (self.leavesOut && index != place && self.isLeftOut(node)) {
                    index = max(index + 1, node.end)
                    continue
                }
                if node.isText {
                    self.add(text: node.range)
                } else {
                    let mark = self.begin(node)
                    open.append((max(index + 1, node.end), index, mark))
                }
                index += 1
            }
            while let last = open.popLast() { self.endElement(last) }
            self.endLine()
        }

        private func isLeftOut(_ node: HTMLPage.Node) -> Bool {
            node.tag.isAside || (node.weight < 0 && [.div, .section, .ul, .p].contains(node.tag))
        }

        /// Returns what has to follow its content.
        private mutating func begin(_ node: HTMLPage.Node) -> String {
            if node.tag.isBlock { self.endLine() }
            switch node.tag {
            case .h1, .h2, .h3, .h4, .h5, .h6:
                self.endBlock()
                self.line = String(repeating: "#", count: Int(node.tag.rawValue.dropFirst()) ?? 1) + " "
            case .li: self.line = "- "
            case .p, .pre, .blockquote, .table, .ul, .ol, .article, .section: self.endBlock()
            case .td, .th: if !self.line.isEmpty { self.line += " | " }
            default: break
            }
            if node.tag == .pre {
                self.lines.append("```")
                self.code += 1
            }
            guard node.tag == .a, let link = self.address(node.range) else { return "" }
            self.line += "["
            return "](\(link))"
        }

        private mutating func endElement(_ element: (end: Int, node: Int, mark: String)) {
            let tag = self.page.nodes[element.node].tag
            if !element.mark.isEmpty {
                if self.line.utf8.last == UInt8(ascii: "[") {
                    self.line.removeLast()
                } else {
                    self.line += element.mark
                }
            }
            if tag.isBlock { self.endLine() }
            if tag == .pre {
                self.lines.append("```")
                self.code -= 1
            }
            if [.p, .pre, .h1, .h2, .h3, .h4, .h5, .h6, .table].contains(tag) { self.endBlock() }
        }

        private mutating func add(text range: Range<Int>) {
            let text = HTMLEntities.decoded(String(decoding: self.page.bytes[range], as: UTF8.self))
            if self.code > 0 {
                self.line += text
                return
            }
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            // By bytes: a page can put any number of marks on one character.
            let last = self.line.utf8.last
            let isApart =
                text.first?.isWhitespace == true && last != nil && last != UInt8(ascii: " ")
                && last != UInt8(ascii: "[")
            self.line += (isApart ? " " : "") + words
            if text.last?.isWhitespace == true, !words.isEmpty { self.line += " " }
        }

        private mutating func endLine() {
            defer { self.line = "" }
            if self.code > 0 {
                let lines = self.line.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
                self.lines += lines.filter { !$0.isEmpty || lines.count > 1 }
                return
            }
            let end = self.line.utf8.lastIndex { $0 != UInt8(ascii: " ") }
            guard let end else { return }
            // A comparison would sort all marks that the page has put on one character.
            let text = StreamSafeText.of(String(self.line[...end]))
            guard !text.utf8.elementsEqual("-".utf8), !text.utf8.allSatisfy({ $0 == UInt8(ascii: "#") }) else { return }
            self.lines.append(text)
        }

        private mutating func endBlock() {
            self.endLine()
            if self.code == 0, let last = self.lines.last, !last.isEmpty { self.lines.append("") }
        }

        /// Absolute; nil for one that is no page.
        private func address(_ range: Range<Int>) -> String? {
            guard 1...500 ~= range.count else { return nil }
            let written = HTMLEntities.decoded(String(decoding: self.page.bytes[range], as: UTF8.self))
            guard written.first != "#",
                written.utf8.allSatisfy({ 0x21...0x7E ~= $0 && !"()<>[]\\`\"".utf8.contains($0) })
            else { return nil }
            if written.hasPrefix("http://") || written.hasPrefix("https://") { return written }
            guard !written.prefix(while: { !"/?#".contains($0) }).contains(":") else { return nil }
            guard let base = self.base, let address = try? base.resolving(written) else { return nil }
            return address.description
        }
    }
}
