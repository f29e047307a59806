internal import JSON

/// A text as the server stores it: trimmed, with its entities in order.
struct TelegramText: Sendable, Hashable {
    var text: String
    var entities: [TelegramEntity]

    static let empty = TelegramText(text: "", entities: [])
    private static let mostEntities = 100

    /// Reads `text` and `entities` of a call. The adapter sends no `parse_mode`.
    static func read(
        _ parameters: TelegramParameters, _ textName: String, entities entitiesName: String
    ) throws(TelegramRefusal) -> TelegramText {
        let raw = parameters.text(textName) ?? ""
        guard raw.utf8.count <= 1 << 15 else { throw .bad("text is too long") }
        guard parameters.text("parse_mode") == nil else { throw .bad("unsupported parse_mode") }
        return try Self.fixed(
            raw, TelegramEntity.list(try parameters.structure(entitiesName, as: "MessageEntity")))
    }

    /// Checks the entities against the text, resolves their nesting, and trims.
    static func fixed(_ text: String, _ given: [TelegramEntity]) throws(TelegramRefusal) -> TelegramText {
        var units = Array(text.utf16.lazy.filter { $0 != 13 })
        var entities = given
        // Offsets count the carriage returns that the server drops.
        if units.count != text.utf16.count { entities = Self.withoutReturns(text, entities) }
        try Self.check(entities, units)
        entities = EntityNesting.resolve(entities)
        Self.trim(&units, &entities)
        if entities.count > Self.mostEntities { entities.removeLast(entities.count - Self.mostEntities) }
        return TelegramText(text: String(decoding: units, as: UTF16.self), entities: entities)
    }

    private static func withoutReturns(_ text: String, _ entities: [TelegramEntity]) -> [TelegramEntity] {
        var before = [0]
        before.reserveCapacity(text.utf16.count + 1)
        for unit in text.utf16 { before.append(before[before.count - 1] + (unit == 13 ? 1 : 0)) }
        return entities.map { entity in
            var entity = entity
            let end = entity.end
            guard end < before.count else { return entity }
            entity.offset -= before[entity.offset]
            entity.length = end - before[end] - entity.offset
            return entity
        }
    }

    private static func check(_ entities: [TelegramEntity], _ units: [UInt16]) throws(TelegramRefusal) {
        let isMiddle = { (place: Int) in
            place > 0 && place < units.count && units[place] & 0xFC00 == 0xDC00 && units[place - 1] & 0xFC00 == 0xD800
        }
        for entity in entities {
            if entity.offset >= units.count {
                throw .bad("entity begins after the end of the text at UTF-16 offset \(units.count)")
            }
            if isMiddle(entity.offset) {
                throw .bad("entity begins in a middle of a UTF-16 symbol at UTF-16 offset \(entity.offset)")
            }
            if entity.end > units.count {
                throw .bad(
                    "entity beginning at UTF-16 offset \(entity.offset) ends after the end of the text at UTF-16 "
                        + "offset \(units.count)")
            }
            if isMiddle(entity.end) {
                throw .bad(
                    "entity beginning at UTF-16 offset \(entity.offset) ends in a middle of a UTF-16 symbol at UTF-16 "
                        + "offset \(entity.end)")
            }
        }
    }

    /// Trims white space at the end, and at the beginning only before the first entity.
    private static func trim(_ units: inout [UInt16], _ entities: inout [TelegramEntity]) {
        let isSpace = { (unit: UInt16) in unit == 32 || (9...13).contains(unit) || unit == 0xA0 }
        guard units.contains(where: { !isSpace($0) }) else {
            units = []
            entities = []
            return
        }
        while let last = units.last, isSpace(last) { units.removeLast() }
        for index in entities.indices {
            entities[index].length = min(entities[index].length, units.count - entities[index].offset)
        }
        entities.removeAll { $0.length <= 0 }
        let first = entities.map(\.offset).min() ?? units.count
        let leading = units.prefix(first).prefix(while: isSpace).count
        units.removeFirst(leading)
        for index in entities.indices { entities[index].offset -= leading }
    }
}
