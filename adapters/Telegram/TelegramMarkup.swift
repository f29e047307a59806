/// Markup as ``TelegramFormatting`` writes it, turned into what Telegram is sent: a text and its entities.
///
/// The markup is the safe part of Telegram's own HTML: `b i s code pre blockquote a`, and `&lt; &gt; &amp; &quot;`. It
/// never goes out as such, since one mistake in it would refuse the whole message; what cannot be read here is text.
/// ``tear`` takes back a tag or escape that a cut went through.
package struct TelegramMarkup: Sendable, Equatable {
    /// Without markup and without white space at its ends, which Telegram would take off, moving every entity.
    package private(set) var text: String
    /// In order; places are UTF-16 code units of ``text``.
    package private(set) var entities: [TelegramEntity]

    /// Behind a tag or an escape that is not complete: it counts for nothing.
    static let tear: UInt8 = 0x01
    /// Telegram drops what is more.
    static let entityLimit = 100

    package init(_ markup: String) {
        var reader = TelegramMarkupReader(Array(markup.utf8))
        reader.read()
        let (text, entities) = Self.trimmed(reader.output, reader.entities)
        self.text = String(decoding: text, as: UTF8.self)
        self.entities = Self.limited(entities)
    }

    /// How many UTF-16 code units Telegram counts.
    package var length: Int { self.text.utf16.count }

    /// The text cut to `limit` UTF-16 code units, between characters; for captions.
    package func cut(to limit: Int) -> TelegramMarkup {
        guard self.length > limit else { return self }
        var copy = self
        var units = 0
        copy.text =
            String(
                self.text.prefix { character in
                    units += character.utf16.count
                    return units < limit
                }) + "…"
        let end = copy.text.utf16.count - 1
        copy.entities = self.entities.compactMap { Self.clipped($0, to: 0..<end) }
        return copy
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
        // What is taken off is ASCII: a byte is a code unit.
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

    /// What is lost first when there are too many: looks go before code, code before what can be followed or copied.
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
