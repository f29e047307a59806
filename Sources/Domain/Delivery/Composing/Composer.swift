package import Chat
internal import Threads

/// Cuts rendered text into messages that fit a room: at block starts, else at lines, else at spaces, else between
/// graphemes; never inside a character. Frames (fences) are closed and reopened at a cut. Pure.
package struct Composer: Sendable {
    private let traits: RoomTraits
    private let renderer: any MessageRenderer
    /// Leaves room for ``TurnTexts/repeatMark``.
    private let limit: Int

    package init(traits: RoomTraits, renderer: any MessageRenderer) {
        self.traits = traits
        self.renderer = renderer
        self.limit = max(traits.textLimit - TurnTexts.repeatMark.utf8.count, 32)
    }

    /// The messages for `markdown`, in order; empty when there is nothing to show.
    ///
    /// - Parameter lines: ends after this many rendered lines that are not blank.
    package func messages(for markdown: String, lines limit: Int = .max) -> [String] {
        let rendered = self.renderer.render(markdown)
        // Each with its two line breaks. Not measured for each line: a frame may be as long as half an answer, of which the
        // other half is empty lines within it.
        let costs = rendered.frames.map { self.measure($0.open[...]) + self.measure($0.close[...]) + 2 }
        var builder = MessageBuilder(traits: self.traits, limit: self.limit)
        var shown = 0
        for line in rendered.lines {
            if !rendered.bytes[line.range].allSatisfy({ $0 == UInt8(ascii: " ") }) { shown += 1 }
            if shown > limit { break }
            var frame = line.frame.map { rendered.frames[$0] }
            var cost = line.frame.map { costs[$0] } ?? 0
            // Without it, where it would leave hardly any room: its markup would be repeated in each of very many messages.
            if self.limit - cost < self.limit / 2 { (frame, cost) = (nil, 0) }
            var rest = rendered.bytes[line.range]
            if !self.traits.isMultiline, rest.allSatisfy({ $0 == UInt8(ascii: " ") }) { continue }
            let room = self.limit - cost
            // Markup that the last cut closed, to be reopened; separate, so that a long line is never copied whole.
            var reopened: [UInt8] = []
            var startsBlock = line.startsBlock
            while !rest.isEmpty, !self.fits(rest, in: room - self.measure(reopened[...])) {
                let cut = LineCutter.cut(rest, limit: room - self.measure(reopened[...]), unit: self.traits.textUnit)
                let head = reopened + rest[..<cut.end]
                let seam = self.renderer.seam(after: head[...])
                builder.append(
                    (head + seam.close)[...], size: self.measure(head[...]), frame: frame, cost: cost,
                    startsBlock: startsBlock)
                // For the same reason: the rest is shown without.
                reopened = self.measure(seam.open[...]) > room / 2 ? [] : seam.open
                rest = rest[cut.next...]
                startsBlock = false
            }
            let tail = reopened.isEmpty ? rest : (reopened + rest)[...]
            builder.append(tail, size: self.measure(tail), frame: frame, cost: cost, startsBlock: startsBlock)
        }
        return builder.finish()
    }

    private func fits(_ bytes: ArraySlice<UInt8>, in room: Int) -> Bool {
        // No unit has more than four bytes. Otherwise a long line would be measured whole at each of its cuts.
        bytes.count <= room || bytes.count <= 4 * room && self.measure(bytes) <= room
    }

    private func measure(_ bytes: ArraySlice<UInt8>) -> Int {
        TextMeasure.size(of: bytes, unit: self.traits.textUnit)
    }
}
