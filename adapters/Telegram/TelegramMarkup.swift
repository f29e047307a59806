package import Chat
internal import Kit

/// The markup of ``TelegramFormatting``, converted to the form that is sent: a text and its entities.
///
/// The markup is a safe subset of Telegram's HTML: `b i s code pre blockquote a`, and `&lt; &gt; &amp; &quot;`. It is
/// never sent as HTML, because Telegram rejects the whole message for one mistake; anything unreadable here becomes
/// text.
package struct TelegramMarkup: Sendable, Equatable {
    /// Without markup and surrounding white space; Telegram would trim that, which would shift every entity.
    package private(set) var text: String
    /// In order; offsets are UTF-16 code units of ``text``.
    package private(set) var entities: [TelegramEntity]

    /// Telegram drops further entities.
    static let entityLimit = 100

    package init(_ markup: String) {
        var reader = TelegramMarkupReader(Array(markup.utf8))
        reader.read()
        let (text, entities) = Self.trimmed(reader.output, reader.entities)
        self.text = String(decoding: text, as: UTF8.self)
        self.entities = Self.limited(Self.dated(entities, in: text))
        self.breakFirst()
    }

    /// A message may be cut before an `@` or `/` that was within a word.
    private mutating func breakFirst() {
        let start = Array(self.text.utf8.prefix(80))
        // Not one that is broken already, nor `/usr/bin`.
        guard start.count > 1, start[1].isWordByte, !start.dropFirst().starts(with: "\u{2060}".utf8),
            start[0] == UInt8(ascii: "@")
                || start[0] == UInt8(ascii: "/") && TelegramFormattingWriter.isCommand(start, at: 0),
            !self.entities.contains(where: { $0.offset == 0 && ["pre", "code", "text_link"].contains($0.type) })
        else { return }
        self.text.unicodeScalars.insert("\u{2060}", at: self.text.unicodeScalars.index(after: self.text.startIndex))
        for index in self.entities.indices {
            if self.entities[index].offset > 0 {
                self.entities[index].offset += 1
            } else {
                self.entities[index].length += 1
            }
        }
    }

    /// The most times of a message that apps show by their own clock.
    private static let timeLimit = 5

    /// With an entity for each time outside of code, which servers that do not know it ignore.
    private static func dated(_ entities: [TelegramEntity], in text: ArraySlice<UInt8>) -> [TelegramEntity] {
        var entities = entities
        let start = text.startIndex
        for stated in StatedTime.all(in: text, limit: Self.timeLimit) {
            let offset = text[start..<start + stated.range.lowerBound].reduce(0) { count, byte in
                count + (byte & 0xC0 == 0x80 ? 0 : byte >= 0xF0 ? 2 : 1)
            }
            let end = offset + stated.range.count
            let isInside = entities.contains {
                ["pre", "code", "text_link"].contains($0.type) && $0.offset < end && offset < $0.end
            }
            guard !isInside else { continue }
            let index = entities.firstIndex { $0.offset > offset } ?? entities.endIndex
            entities.insert(
                TelegramEntity(
                    type: "date_time", offset: offset, length: stated.range.count, time: stated.time / 1_000), at: index
            )
        }
        return entities
    }

    /// The same with the names of people above it, by which Telegram notifies them, also those without a user name.
    package func mentioning(_ mentions: [Mention]) -> TelegramMarkup {
        var (names, people) = ("", [TelegramEntity]())
        for mention in mentions {
            guard let name = mention.name, let user = Int64(mention.person) else { continue }
            if !names.isEmpty { names += ", " }
            people.append(
                TelegramEntity(
                    type: "text_mention", offset: names.utf16.count, length: name.utf16.count, user: user))
            names += name
        }
        guard !people.isEmpty else { return self }
        var markup = self
        markup.text = "\(names):\n\(self.text)"
        let shift = names.utf16.count + 2
        markup.entities =
            people
            + self.entities.prefix(Self.entityLimit - people.count).map { entity in
                var entity = entity
                entity.offset += shift
                return entity
            }
        return markup
    }

    // MARK: White space at the ends

    private static func trimmed(
        _ text: [UInt8], _ entities: [TelegramEntity]
    ) -> (ArraySlice<UInt8>, [TelegramEntity]) {
        guard let first = text.firstIndex(where: { !Self.isSpace($0) }),
            let last = text.lastIndex(where: { !Self.isSpace($0) })
        else { return ([], []) }
        let body = text[first...last]
        let end = first + Self.units(body)
        // The trimmed prefix is ASCII, so a byte is one code unit.
        let kept = entities.compactMap { Self.clipped($0, to: first..<end) }.map { entity in
            var entity = entity
            entity.offset -= first
            return entity
        }
        return (body, kept.sorted { ($0.offset, -$0.length) < ($1.offset, -$1.length) })
    }

    private static func clipped(_ entity: TelegramEntity, to range: Range<Int>) -> TelegramEntity? {
        let start = max(entity.offset, range.lowerBound)
        let end = min(entity.end, range.upperBound)
        guard start < end else { return nil }
        var entity = entity
        entity.offset = start
        entity.length = end - start
        return entity
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func units(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : ($1 >= 0xF0 ? 2 : 1)) }
    }

    // MARK: The limit

    /// Lower ranks are kept first: blocks, links and quotes before inline code, and styles last.
    private static let importance = [
        "pre": 0, "text_link": 1, "blockquote": 2, "code": 3, "bold": 4, "strikethrough": 5, "italic": 6,
    ]

    private static func limited(_ entities: [TelegramEntity]) -> [TelegramEntity] {
        guard entities.count > Self.entityLimit else { return entities }
        let ranked = entities.enumerated().sorted {
            (Self.importance[$0.element.type] ?? 9, $0.offset) < (Self.importance[$1.element.type] ?? 9, $1.offset)
        }
        let kept = Set(ranked.prefix(Self.entityLimit).map(\.offset))
        return entities.enumerated().filter { kept.contains($0.offset) }.map(\.element)
    }
}
