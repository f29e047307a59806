package import Chat

/// Cuts rendered text into messages that fit a room: at block starts, else at lines, else at spaces, else between
/// graphemes; never inside a character. Frames (fences) are closed and opened again at a cut. Pure.
package struct Composer: Sendable {
    private let traits: RoomTraits
    private let renderer: any MessageRenderer
    /// Room kept for ``repeatMark``.
    private let limit: Int

    /// Stands before a message that may have arrived already.
    package static let repeatMark = "(may be a repeat) "

    package init(traits: RoomTraits, renderer: any MessageRenderer) {
        self.traits = traits
        self.renderer = renderer
        self.limit = max(traits.textLimit - Self.repeatMark.utf8.count, 32)
    }

    /// The messages that show `markdown`, in order; empty when there is nothing to show.
    package func messages(for markdown: String) -> [String] {
        let rendered = self.renderer.render(markdown)
        var builder = MessageBuilder(traits: self.traits, limit: self.limit)
        for line in rendered.lines {
            let frame = line.frame.map { rendered.frames[$0] }
            var rest = rendered.bytes[line.range]
            if !self.traits.isMultiline, rest.allSatisfy({ $0 == UInt8(ascii: " ") }) { continue }
            let room = builder.roomForWholeLine(in: frame)
            // What the last cut left open, to be opened again; apart, so that a long line is never copied whole.
            var reopened: [UInt8] = []
            var startsBlock = line.startsBlock
            while !self.fits(rest, in: room - self.measure(reopened[...])) {
                let cut = LineCutter.cut(rest, limit: room - self.measure(reopened[...]), unit: self.traits.textUnit)
                let head = reopened + rest[..<cut.end]
                let seam = self.renderer.seam(after: head[...])
                builder.append(
                    (head + seam.close)[...], size: self.measure(head[...]), frame: frame, startsBlock: startsBlock)
                reopened = seam.open
                rest = rest[cut.next...]
                startsBlock = false
            }
            let tail = reopened.isEmpty ? rest : (reopened + rest)[...]
            builder.append(tail, size: self.measure(tail), frame: frame, startsBlock: startsBlock)
        }
        return builder.finish()
    }

    private func fits(_ bytes: ArraySlice<UInt8>, in room: Int) -> Bool {
        bytes.count <= room || self.measure(bytes) <= room
    }

    private func measure(_ bytes: ArraySlice<UInt8>) -> Int {
        TextMeasure.size(of: bytes, unit: self.traits.textUnit)
    }
}
