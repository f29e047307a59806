internal import Chat
internal import Kit
internal import Markdown
internal import Primitives

extension TelegramFormattingWriter {
    /// How the runs of a link are written.
    private enum LinkForm { case none, bare, labelled, skipped }

    private static let (code, codeEnd, linkEnd) = (Array("<code>".utf8), Array("</code>".utf8), Array("</a>".utf8))

    /// Text without control characters, which would end the line.
    static func clean(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var clean: [UInt8] = []
        clean.reserveCapacity(text.count)
        appendClean(text.span, to: &clean)
        return clean
    }

    /// - Parameter outer: the styles of the line as a whole.
    mutating func writeRuns(_ line: Range<Int>, within outer: StyledLines.Styles) {
        // Only the outermost link is one.
        var link: Int?
        var form = LinkForm.none
        for index in line {
            let run = self.source.runs[index]
            let isNested = link != nil && link != run.link
            if form == .skipped, run.kind != .linkEnd || isNested { continue }
            if run.kind == .linkStart || run.kind == .linkEnd, isNested { continue }
            self.output.set(outer.with(run.styles))
            switch run.kind {
            case .text where form == .none: self.append(Self.clean(self.source.text(run)))
            case .text: self.escape(Self.clean(self.source.text(run)).span)
            case .code:
                self.output.text.open(Self.code)
                self.escape(Self.clean(self.source.text(run)).span)
                self.output.text.close(Self.codeEnd)
            case .linkStart:
                link = run.link
                form = self.beginLink(self.source.links[run.link])
            case .linkEnd:
                if form == .labelled { self.output.text.close(Self.linkEnd) }
                (link, form) = (nil, .none)
            }
        }
    }

    // MARK: Plain text

    /// Appends plain text. Telegram turns `@name` into a mention and `/word` into a link that sends it as a command, in
    /// any text but code. A word joiner breaks both, so that no one is pinged and a path or an option stays plain text.
    mutating func append(_ text: [UInt8]) {
        var start = 0
        for index in text.indices where text[index] == UInt8(ascii: "@") || text[index] == UInt8(ascii: "/") {
            let before = index > 0 ? text[index - 1] : self.output.text.bytes.last ?? 0x20
            guard !before.isWordByte, !isInAddress(text.span, at: index) else { continue }
            let isLive =
                text[index] == UInt8(ascii: "@")
                ? index + 1 == text.count || text[index + 1].isWordByte
                : before != UInt8(ascii: "/") && before != UInt8(ascii: ":") && Self.isCommand(text, at: index)
            guard isLive else { continue }
            self.escape(text.span.extracting(start...index))
            self.output.text.bytes += "\u{2060}".utf8
            start = index + 1
        }
        self.escape(text.span.extracting(start..<text.count))
    }

    /// Whether Telegram would take the slash at `index` and the word after it for a command: up to 64 characters, not
    /// next to another slash (`/usr/bin`).
    static func isCommand(_ text: [UInt8], at index: Int) -> Bool {
        var end = index + 1
        while end < text.count, text[end].isWordByte, text[end] < 0x80 { end += 1 }
        guard (2...65).contains(end - index) else { return false }
        return end == text.count || text[end] != UInt8(ascii: "/")
    }

    private mutating func escape(_ text: Span<UInt8>) { self.output.text.bytes.append(escaped: text) }

    // MARK: Links

    /// As it is written, in bytes; a longer address would fill a message by itself.
    private static let addressLimit = 1_536

    /// Begins a link, unless its text is the address, which Telegram links itself.
    private mutating func beginLink(_ link: StyledLines.Link) -> LinkForm {
        let shown = Self.shown(link.address)
        var target: [UInt8] = []
        for byte in shown { target.append(quoted: byte) }
        guard LinkAddress.isAllowed(link.address.span), target.count <= Self.addressLimit else { return .none }
        let label = Self.clean(self.source.bytes[link.text])
        let isMail = target.starts(with: "mailto:".utf8)
        let mail = shown.dropFirst(7)
        guard !isMail || mail.first?.isWordByte == true else {
            // Telegram does not make a link of it, and the name in `mailto:@name` would be a mention.
            self.append(label)
            self.append(Array(" (".utf8) + mail + Array(")".utf8))
            return .skipped
        }
        if label == shown || Array("mailto:".utf8) + label == shown { return .bare }
        if label.starts(with: "www.".utf8), shown.count >= label.count, shown.suffix(label.count) == label[...] {
            return .bare
        }
        if label.isEmpty {
            self.output.text.bytes += target
        } else if isMail || LinkAddress.isDeceptive(label, for: link.address.span) {
            // Telegram links only web addresses, and a text that reads like another address would hide this one. The
            // address follows the text, which is no link and so needs its mentions broken.
            self.append(label)
            self.output.text.bytes += Array(" (".utf8) + target.dropFirst(isMail ? 7 : 0) + Array(")".utf8)
        } else {
            self.output.text.open(Array("<a href=\"".utf8) + target + Array("\">".utf8))
            return .labelled
        }
        return .skipped
    }

    private static func shown(_ address: [UInt8]) -> [UInt8] {
        address.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x20: Array("%20".utf8)
            case 0x00..<0x20, 0x7F: []
            default: [byte]
            }
        }
    }
}
