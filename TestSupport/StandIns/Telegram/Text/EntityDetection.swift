/// The entities that the server detects in any text: @names, #tags, commands, addresses.
enum EntityDetection {
    private static let topLevels: Set<String> = [
        "com", "org", "net", "io", "dev", "app", "me", "info", "eu", "uk", "de", "fr", "at", "ch", "us", "ru", "co",
        "ai", "sh", "rs", "py", "cc", "tv", "xyz", "md", "it", "nl", "se", "in",
    ]

    /// Adds the detected entities to the text's own, in order.
    static func complete(_ text: TelegramText) -> TelegramText {
        var result = text
        let units = Array(text.text.utf16)
        var taken = text.entities.filter { !$0.isSplittable && !$0.isQuote }
        for entity in Self.find(units)
        where !taken.contains(where: { $0.offset < entity.end && entity.offset < $0.end }) {
            taken.append(entity)
            result.entities.append(entity)
        }
        if result.entities.count > text.entities.count { result.entities = EntityNesting.sorted(result.entities) }
        return result
    }

    private static func isWord(_ unit: UInt16) -> Bool {
        (48...57).contains(unit) || (65...90).contains(unit) || (97...122).contains(unit) || unit == 95 || unit >= 0xC0
    }

    private static func isName(_ unit: UInt16) -> Bool {
        (48...57).contains(unit) || (65...90).contains(unit) || (97...122).contains(unit) || unit == 95
    }

    static func find(_ units: [UInt16]) -> [TelegramEntity] {
        var found: [TelegramEntity] = []
        var index = 0
        while index < units.count {
            let isBoundary = index == 0 || !Self.isWord(units[index - 1])
            var entity: TelegramEntity?
            switch units[index] {
            case 64 where isBoundary: entity = Self.name(units, index)
            case 35 where isBoundary: entity = Self.tag(units, index)
            case 47 where isBoundary && (index == 0 || ![47, 60, 46].contains(units[index - 1])):
                entity = Self.command(units, index)
            case let unit where isBoundary && Self.isName(unit): entity = Self.address(units, index)
            default: break
            }
            if let entity { found.append(entity) }
            index = entity?.end ?? index + 1
        }
        return found
    }

    private static func run(_ units: [UInt16], _ start: Int, _ isPart: (UInt16) -> Bool) -> Int {
        var end = start
        while end < units.count, isPart(units[end]) { end += 1 }
        return end
    }

    private static func name(_ units: [UInt16], _ start: Int) -> TelegramEntity? {
        let end = Self.run(units, start + 1, Self.isName)
        guard (3...32).contains(end - start - 1), end == units.count || !Self.isWord(units[end]) else { return nil }
        return TelegramEntity("mention", start, end - start)
    }

    private static func tag(_ units: [UInt16], _ start: Int) -> TelegramEntity? {
        let end = Self.run(units, start + 1, Self.isWord)
        let isNumber = units[(start + 1)..<end].allSatisfy { (48...57).contains($0) }
        return end == start + 1 || isNumber ? nil : TelegramEntity("hashtag", start, end - start)
    }

    private static func command(_ units: [UInt16], _ start: Int) -> TelegramEntity? {
        var end = Self.run(units, start + 1, Self.isName)
        guard (1...64).contains(end - start - 1) else { return nil }
        if end < units.count, units[end] == 64 {
            let nameEnd = Self.run(units, end + 1, Self.isName)
            if (3...32).contains(nameEnd - end - 1) { end = nameEnd }
        }
        guard end == units.count || ![47, 62].contains(units[end]) && !Self.isWord(units[end]) else { return nil }
        return TelegramEntity("bot_command", start, end - start)
    }

    private static func address(_ units: [UInt16], _ start: Int) -> TelegramEntity? {
        let isSpace = { (unit: UInt16) in unit <= 32 || [34, 60, 62, 0xA0].contains(unit) }
        var end = Self.run(units, start) { !isSpace($0) }
        while end > start, Array(".,:;!?)'*_~`]}".utf16).contains(units[end - 1]) { end -= 1 }
        guard end > start else { return nil }
        let text = String(decoding: units[start..<end], as: UTF16.self)
        let scheme = ["http://", "https://", "ftp://", "tg://"].first { text.lowercased().hasPrefix($0) }
        let rest = text.dropFirst(scheme?.count ?? 0)
        let host = rest.prefix { !"/?#:".contains($0) }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }), let last = labels.last else { return nil }
        if scheme == nil {
            guard Self.topLevels.contains(last.lowercased()) else { return nil }
            let isMail = host.split(separator: "@").count == 2
            let isPlain = host.allSatisfy {
                $0.isLetter || $0.isNumber || "-.".contains($0) || isMail && "@_+".contains($0)
            }
            guard isPlain else { return nil }
            if isMail { return TelegramEntity("email", start, host.utf16.count) }
        }
        return TelegramEntity("url", start, end - start)
    }
}
