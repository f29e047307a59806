/// The nesting rules of entities: `pre` and `code` contain none and may only be inside quotes, quotes and links do not
/// nest, and others are split where they cross a boundary.
enum EntityNesting {
    static func resolve(_ given: [TelegramEntity]) -> [TelegramEntity] {
        let sorted = Self.sorted(given)
        var firm: [TelegramEntity] = []
        for entity in sorted where !entity.isSplittable {
            let isRefused = firm.contains { other in
                guard entity.offset < other.end, other.offset < entity.end else { return false }
                // Of two entities that cannot nest, the first one stays.
                if entity.isQuote != other.isQuote {
                    let (quote, inner) = entity.isQuote ? (entity, other) : (other, entity)
                    return inner.offset < quote.offset || inner.end > quote.end
                }
                return true
            }
            if !isRefused { firm.append(entity) }
        }
        var result = firm
        for entity in sorted where entity.isSplittable {
            var pieces = [entity]
            for other in firm {
                pieces = pieces.flatMap { Self.pieces(of: $0, around: other) }
            }
            for piece in pieces { Self.add(piece, to: &result) }
        }
        return Self.sorted(result)
    }

    /// Empty within code; cut where it crosses a boundary.
    private static func pieces(of entity: TelegramEntity, around other: TelegramEntity) -> [TelegramEntity] {
        guard entity.offset < other.end, other.offset < entity.end else { return [entity] }
        let isInside = entity.offset >= other.offset && entity.end <= other.end
        let isAround = entity.offset <= other.offset && entity.end >= other.end
        if !other.isCode, isInside || isAround { return [entity] }
        var result: [TelegramEntity] = []
        let borders = [entity.offset, max(entity.offset, other.offset), min(entity.end, other.end), entity.end]
        for (begin, end) in zip(borders, borders.dropFirst()) where begin < end {
            if other.isCode, begin >= other.offset, end <= other.end { continue }
            var piece = entity
            piece.offset = begin
            piece.length = end - begin
            result.append(piece)
        }
        return result
    }

    /// Merges it with an adjacent entity of the same kind.
    private static func add(_ piece: TelegramEntity, to result: inout [TelegramEntity]) {
        if let index = result.firstIndex(where: {
            $0.type == piece.type && piece.offset <= $0.end && $0.offset <= piece.end
        }) {
            let begin = min(result[index].offset, piece.offset)
            result[index].length = max(result[index].end, piece.end) - begin
            result[index].offset = begin
            return
        }
        result.append(piece)
    }

    /// Outer ones first.
    static func sorted(_ entities: [TelegramEntity]) -> [TelegramEntity] {
        entities.enumerated().sorted { left, right in
            if left.element.offset != right.element.offset { return left.element.offset < right.element.offset }
            if left.element.length != right.element.length { return left.element.length > right.element.length }
            if left.element.isQuote != right.element.isQuote { return left.element.isQuote }
            return left.offset < right.offset
        }.map(\.element)
    }
}
