package import JSON
internal import Primitives
package import Threads

/// Where a comment's passage is: Yjs's relative positions, which stay with their letters whatever is typed around them.
package enum CommentAnchor {
    /// The first place of a passage in a history of edits; without positions if it is not there.
    static func find(_ passage: String, in text: SharedText, of epoch: String) -> JSON {
        let range = text.range(of: passage)
        return Self.json(epoch, start: range?.first, end: range?.last)
    }

    private static func json(_ epoch: String, start: TextUpdate.ID?, end: TextUpdate.ID?) -> JSON {
        func position(_ id: TextUpdate.ID?, _ side: Int64) -> JSON {
            guard let id else { return .null }
            return [
                "tname": .string(TextUpdate.root), "assoc": .integer(side),
                "item": ["client": .integer(Int64(id.client)), "clock": .integer(Int64(id.clock))],
            ]
        }
        // What is typed at either end is not part of the passage.
        return ["epoch": .string(epoch), "start": position(start, 0), "end": position(end, -1)]
    }

    /// Checks an anchor that a client sent; nil if it lacks its epoch or a position.
    package static func checked(_ anchor: JSON) -> JSON? {
        func unit(_ name: String) -> TextUpdate.ID? {
            guard let client = anchor[name]?["item"]?["client"]?.intValue,
                let clock = anchor[name]?["item"]?["clock"]?.intValue, let id = UInt64(exactly: client),
                id < TextUpdate.clientLimit, 0...TextUpdate.clockLimit ~= clock
            else { return nil }
            return TextUpdate.ID(client: id, clock: Int32(clock))
        }
        guard let epoch = anchor["epoch"]?.stringValue, let start = unit("start"), let end = unit("end") else {
            return nil
        }
        return Self.json(epoch, start: start, end: end)
    }
}

extension DocumentComment {
    /// As clients get it.
    package var json: JSON {
        [
            "number": .integer(self.number), "author": .string(self.author), "text": .string(self.text),
            "quote": .string(self.quote), "anchor": self.anchor, "answers": self.parent.map { .integer($0) } ?? .null,
            "created_at": .string(CivilTime(milliseconds: self.createdAt).rfc3339),
        ]
    }
}
