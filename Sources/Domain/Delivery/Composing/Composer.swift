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
        let marks = rendered.marks
        var passed = 0
        for line in rendered.lines {
            var rest = rendered.bytes[line.range]
            let isBlank = rest.allSatisfy { $0 == UInt8(ascii: " ") }
            if !isBlank { shown += 1 }
            if shown > limit { break }
            if isBlank, !self.traits.isMultiline { continue }
            var frame = line.frame.map { rendered.frames[$0] }
            var cost = line.frame.map { costs[$0] } ?? 0
            // Without it, where it would leave hardly any room: its markup would be repeated in each of very many messages.
            if self.limit - cost < self.limit / 2 { (frame, cost) = (nil, 0) }
            let room = self.limit - cost
            // Markup that the last cut closed, to be reopened; separate, so that a long line is never copied whole.
            var reopened: [UInt8] = []
            var open: [RenderedText.Mark] = []
            var startsBlock = line.startsBlock
            while passed < marks.count, marks[passed].range.lowerBound < rest.startIndex { passed += 1 }
            while !rest.isEmpty, !self.fits(rest, in: room - self.measure(reopened[...])) {
                let cutter = LineCutter(
                    unit: self.traits.textUnit, marks: marks[passed...], hasReferences: rendered.hasReferences)
                let end = cutter.cut(rest, limit: room - self.measure(reopened[...]))
                var head = reopened + rest[..<end]
                while passed < marks.count, marks[passed].range.lowerBound < end {
                    marks[passed].apply(to: &open)
                    passed += 1
                }
                if !open.isEmpty {
                    // Behind a space, Markdown's marks close nothing.
                    while head.last == UInt8(ascii: " ") { head.removeLast() }
                }
                let size = self.measure(head[...])
                if !open.isEmpty { head += rendered.reset ?? open.reversed().flatMap { rendered.bytes[$0.closing] } }
                builder.append(head[...], size: size, frame: frame, cost: cost, startsBlock: startsBlock)
                reopened = open.flatMap { rendered.bytes[$0.range] }
                // For the same reason: the rest is shown without.
                if self.measure(reopened[...]) > room / 2 { reopened = [] }
                rest = rest[end...]
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
