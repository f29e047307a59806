internal import Chat

/// Batches, and what was said while we were away.
extension IRCSession {
    private static let pageSize = 100

    private var pageLimit: Int {
        let limit = self.link.features.historyLimit ?? 0
        return limit > 0 ? min(limit, Self.pageSize) : Self.pageSize
    }

    var hasHistory: Bool {
        let enabled = self.link.capabilities.enabled
        return enabled.contains("batch") && enabled.contains("message-tags") && enabled.contains("server-time")
            && (enabled.contains("draft/chathistory") || enabled.contains("chathistory"))
    }

    // MARK: Batches

    /// `BATCH +reference type parameter…`, `BATCH -reference`
    mutating func receiveBatch(_ line: IRCLine) {
        let reference = line.text(0)
        if reference.hasPrefix("+") {
            // A server that never closes its batches must not cost memory without end.
            if self.link.batches.count > 100 { self.link.batches = [:] }
            self.link.batches[String(reference.dropFirst())] = Batch(
                type: line.text(1), target: line.text(2), label: line.tag("label"), parent: line.tag("batch"))
        } else if let batch = self.link.batches.removeValue(forKey: String(reference.dropFirst())) {
            self.closeBatch(batch)
        }
    }

    private mutating func closeBatch(_ batch: Batch) {
        if Self.isHistory(batch.type), let last = batch.lastID, batch.lines >= self.pageLimit {
            self.requestHistory("AFTER", batch.target, "msgid=\(last)")
        }
        if batch.type == "labeled-response", let label = batch.label { self.acknowledge(label) }
    }

    mutating func countInBatch(_ line: IRCLine) {
        guard !self.link.batches.isEmpty, let reference = line.tag("batch"), self.link.batches[reference] != nil
        else { return }
        self.link.batches[reference]?.lines += 1
        self.link.batches[reference]?.lastID = line.tag("msgid")
    }

    /// The label of the command that a line answers, its own or that of a batch around it.
    func label(of line: IRCLine) -> String? {
        guard line.hasTags else { return nil }
        if let label = line.tag("label") { return label }
        var reference = line.tag("batch")
        for _ in 0..<4 {
            guard let batch = reference.flatMap({ self.link.batches[$0] }) else { return nil }
            if let label = batch.label { return label }
            reference = batch.parent
        }
        return nil
    }

    private static func isHistory(_ type: String) -> Bool {
        ["chathistory", "draft/chathistory", "znc.in/playback"].contains(type)
    }

    /// Whether a line was said before we came.
    func isBacklog(_ line: IRCLine) -> Bool {
        guard !self.link.batches.isEmpty, line.hasTags else { return false }
        var reference = line.tag("batch")
        for _ in 0..<4 {
            guard let batch = reference.flatMap({ self.link.batches[$0] }) else { return false }
            if Self.isHistory(batch.type) { return true }
            reference = batch.parent
        }
        return false
    }

    // MARK: What was missed

    /// The channel's lines since we last were there. Never on the very first start: nobody asked us anything then.
    mutating func requestMissed(in key: ExactText) {
        guard self.hasHistory, let since = self.since, let channel = self.link.channels[key] else { return }
        self.requestHistory("AFTER", channel.name, since)
    }

    /// Who wrote to us in the meantime.
    mutating func requestMissedQueries() {
        guard self.hasHistory, let since = self.since else { return }
        let until = "timestamp=" + IRCTime.iso8601(milliseconds: self.now.wall)
        self.enqueue(IRCOutgoingLine("CHATHISTORY", "TARGETS", since, until, "50"))
    }

    /// `CHATHISTORY TARGETS nick time`, an answer to the above.
    mutating func receiveHistoryTarget(_ line: IRCLine) {
        let target = line.text(1)
        guard line.text(0) == "TARGETS", let since = self.since, !self.link.features.isChannel(target) else { return }
        self.requestHistory("AFTER", target, since)
    }

    private mutating func requestHistory(_ command: String, _ target: String, _ from: String) {
        self.enqueue(IRCOutgoingLine("CHATHISTORY", command, target, from, String(self.pageLimit)))
        self.pump()
    }

    /// A little earlier than what was seen, for clocks that differ; what comes twice is known by its msgid.
    private var since: String? {
        self.memory.seen.map { "timestamp=" + IRCTime.iso8601(milliseconds: $0 - 10_000) }
    }
}
