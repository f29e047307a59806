package import Chat
internal import Models
internal import Primitives

/// Chooses what a prompt gets of what was said beside its question. Pure.
package enum LineCut {
    /// In a room without threads, older messages belong to something else. Milliseconds.
    package static let roomAge: Int64 = 3_600_000
    /// The maximum number of messages besides those that were just said: what a question replies to or forwards.
    package static let leadingLimit = 24
    /// In bytes.
    static let textLimit = 16 << 10
    static let nameLimit = 80
    static let fileLimit = 8

    /// The tokens of a line's time, name and role.
    private static let headTokens = 24

    /// What the question replies to, quotes or forwards, and the root, each up to a share of the tokens; then the newest
    /// messages that fit. In the order in which they were said, what the question brings along last.
    package static func cut(
        _ lines: [TurnLine], to limits: ContextLimits, isThread: Bool, at now: Int64
    ) -> [TurnLine] {
        guard !lines.isEmpty else { return [] }
        let since = Self.since(limits, isThread: isThread, at: now)
        var left = limits.tokens
        var (pointedAt, said): (Set<MessageReference>, Set<[String]>) = ([], [])
        func isRepeated(_ line: SaidMessage) -> Bool {
            guard let reference = line.reference, line.relation != .quoted else { return false }
            guard line.relation == .said else { return !pointedAt.insert(reference).inserted }
            // The parts of a divided message have one reference.
            return pointedAt.contains(reference)
                || !said.insert(["\(reference.room)", reference.id, line.text]).inserted
        }
        var kept: [(place: Int, line: TurnLine)] = []
        func take(_ place: Int, share: Int) {
            let line = lines[place]
            if isRepeated(line.said) { return }
            guard let fitting = Self.fit(line, into: min(left, share)) else { return }
            left -= Self.tokens(of: fitting)
            kept.append((place, fitting))
        }
        let leading = lines.indices.filter { lines[$0].said.relation != .said }
        for place in leading.sorted(by: { Self.rank(lines[$0]) < Self.rank(lines[$1]) }).prefix(Self.leadingLimit) {
            take(place, share: limits.tokens / 4)
        }
        var count = isThread ? limits.thread : limits.room
        let others = lines.indices.filter {
            lines[$0].said.relation == .said && (lines[$0].said.sentAt ?? now) >= since
        }
        for place in others.reversed() {
            guard count > 0, left > Self.headTokens else { break }
            take(place, share: limits.tokens / 4)
            count -= 1
        }
        return kept.sorted { Self.order($0.line, $0.place) < Self.order($1.line, $1.place) }.map(\.line)
    }

    /// The earliest time of what is read.
    package static func since(_ limits: ContextLimits, isThread: Bool, at now: Int64) -> Int64 {
        max(0, now - (isThread ? limits.age : min(limits.age, Self.roomAge)))
    }

    private static func rank(_ line: TurnLine) -> Int {
        switch line.said.relation {
        case .quoted: 0
        case .repliedTo: 1
        case .forwarded: 2
        case .root: 3
        case .said: 4
        }
    }

    private static func order(_ line: TurnLine, _ place: Int) -> (Int, Int64, Int) {
        switch line.said.relation {
        case .root: (0, 0, place)
        case .said, .repliedTo: (1, line.said.sentAt ?? .max, place)
        case .quoted: (2, 0, place)
        case .forwarded: (3, 0, place)
        }
    }

    /// The line with what a line may have at most, and with at most so many tokens; nil if that is too little.
    private static func fit(_ line: TurnLine, into tokens: Int) -> TurnLine? {
        let room = tokens - Self.headTokens
        guard room > 0 else { return nil }
        var line = line
        // No scalar has more tokens than bytes.
        let text = Self.shortened(line.said.text, to: min(Self.textLimit, max(64, room * 4)))
        let fits = Self.tokens(of: text) <= room
        let files = line.said.attachments.prefix(Self.fileLimit).map { file in
            Attachment(
                id: file.id, name: file.name.beginning(bytes: Self.nameLimit), mediaType: file.mediaType,
                size: file.size)
        }
        line.said = line.said.with(
            name: line.said.name.beginning(bytes: Self.nameLimit),
            text: fits ? text : Self.shortened(text, to: room / 2), attachments: files)
        return line
    }

    static func shortened(_ text: String, to bytes: Int) -> String {
        text.utf8.count <= bytes ? text : text.beginning(bytes: bytes) + " …"
    }

    static func tokens(of line: TurnLine) -> Int { Self.tokens(of: line.said.text) + Self.headTokens }

    /// What the estimate takes for little, such as thousands of accents on one letter, counts by its bytes.
    private static func tokens(of text: String) -> Int {
        max(TokenEstimator.tokens(in: text), text.utf8.count / Self.bytesPerToken)
    }

    private static let bytesPerToken = 6
}
