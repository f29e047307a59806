internal import Kit
internal import Markdown

extension TelegramFormattingWriter: FormattingWriter {
    mutating func enter(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document: break
        case .blockQuote: self.enterQuote()
        case .list(let list):
            // A list within an item continues the item.
            if self.numbers.isEmpty { self.begin(.list) } else { self.endLine() }
            self.numbers.append(list.start)
        case .item(let task): self.enterItem(task)
        case .codeBlock: self.language = String(decoding: fenceLanguage(detail, limit: 32), as: UTF8.self)
        case .paragraph: if self.isAfterMark { self.startsBlock = true } else { self.begin(.text) }
        case .heading:
            self.begin(.heading)
            self.open(.bold)
        case .table: self.table = TelegramTable()
        case .tableRow(let isHeader): self.table?.beginRow(isHeader: isHeader)
        case .tableCell: self.table?.beginCell()
        case .emphasis: if self.table == nil { self.open(.italic) }
        case .strong: if self.table == nil { self.open(.bold) }
        case .strikethrough: if self.table == nil { self.open(.strike) }
        case .link, .image: if self.table == nil { self.beginLink(detail) }
        }
    }

    mutating func leave(_ node: MarkdownNode, detail: Span<UInt8>) {
        switch node {
        case .document, .tableRow, .tableCell, .codeBlock: break
        case .blockQuote: self.leaveQuote()
        case .list:
            self.endLine()
            self.numbers.removeLast()
            self.last = .list
        case .item:
            if self.isAfterMark { self.beginLine() }
            self.endLine()
            self.margins.removeLast()
        case .paragraph: self.endLine()
        case .heading:
            self.close(.bold)
            self.endLine()
        case .table:
            guard let table = self.table.take() else { return }
            if table.isWide { self.writeList(of: table) } else { self.writeCode(table.lines.map { $0[...] }) }
        case .emphasis: if self.table == nil { self.close(.italic) }
        case .strong: if self.table == nil { self.close(.bold) }
        case .strikethrough: if self.table == nil { self.close(.strike) }
        case .link, .image: if self.table == nil { self.endLink(detail) }
        }
    }

    mutating func text(_ text: Span<UInt8>, kind: MarkdownTextKind) {
        if self.table != nil {
            self.table?.append(Self.clean(text))
            return
        }
        switch kind {
        case .plain, .html: self.append(Self.clean(text))
        case .code:
            self.beginLine()
            if let link = self.links.indices.last { self.links[link].label += Self.clean(text) }
            self.tag("code")
            self.escape(Self.clean(text))
            self.tag("/code")
        case .codeBlock:
            self.writeCode(Self.codeLines(text), language: self.language)
        case .htmlBlock:
            self.begin(.text)
            for line in Self.codeLines(text) where !line.isEmpty {
                self.append(Array(line))
                self.endLine()
            }
        }
    }

    mutating func mark(_ mark: MarkdownMark) {
        switch mark {
        case .softBreak:
            if self.isInLine { self.bytes.append(0x20) }
        case .lineBreak:
            // A link's label must stay on one line.
            if self.links.isEmpty { self.endLine() } else { self.bytes.append(0x20) }
        case .thematicBreak:
            self.begin(.rule)
            self.beginLine()
            self.bytes += "———".utf8
            self.endLine()
        }
    }

    /// The item's marker is not yet written: its first paragraph follows on the same line.
    private var isAfterMark: Bool { self.margins.last?.isUsed == false && !self.isInLine }

    /// Writes each row as lines of header and value: a phone wraps the lines of a wide table.
    private mutating func writeList(of table: TelegramTable) {
        for row in table.records {
            self.last = self.last == .none ? .none : .rule
            self.begin(.text)
            for (header, value) in row where !value.isEmpty {
                if !header.isEmpty {
                    self.open(.bold)
                    self.append(header + Array(":".utf8))
                    self.close(.bold)
                    self.put(0x20)
                }
                self.append(value)
                self.endLine()
            }
        }
        self.last = .rule
    }

    private mutating func enterItem(_ task: MarkdownTask?) {
        self.endLine()
        self.startsBlock = true
        self.last = .none
        let marker: String
        if let list = self.numbers.indices.last, let number = self.numbers[list] {
            self.numbers[list] = number + 1
            marker = "\(number). " + (task.map(Self.box) ?? "")
        } else {
            let bullets = ["• ", "◦ ", "▪ "]
            marker = task.map(Self.box) ?? bullets[max(0, self.numbers.count - 1) % bullets.count]
        }
        let indent = [UInt8](repeating: 0x20, count: 3)
        self.margins.append(Margin(first: Array(marker.utf8), rest: indent))
    }

    private static func box(_ task: MarkdownTask) -> String {
        switch task {
        case .open: "☐ "
        case .done: "☑ "
        }
    }
}
