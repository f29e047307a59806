internal import Chat
internal import Kit
internal import Logging
internal import Primitives

/// Batches, and the messages missed while disconnected.
extension IRCStateMachine {
    private static let pageSize = 100
    /// Limits for a server whose history never ends.
    private static let (mostPages, mostTargets) = (100, 50)

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
            // Bounds the memory for a server that never closes its batches.
            if self.link.batches.count > 100 { self.link.batches = [:] }
            var batch = Batch(
                type: line.text(1), target: line.text(2), label: line.tag("label"), parent: line.tag("batch"))
            if Self.isMultiline(batch.type) {
                batch.message = Multiline(line)
                self.countInBatch(line)
            }
            self.link.batches[String(reference.dropFirst())] = batch
        } else if let batch = self.link.batches.removeValue(forKey: String(reference.dropFirst())) {
            if let message = batch.message { self.receive(message) }
            self.closeBatch(batch)
        }
    }

    private mutating func closeBatch(_ batch: Batch) {
        if Self.isHistory(batch.type) { self.closePage(batch) }
        if batch.type == "labeled-response", let label = batch.label { self.acknowledge(label) }
    }

    private mutating func closePage(_ page: Batch) {
        // The server may also send history that was not requested.
        guard let pages = self.link.histories[self.fold(page.target)] else {
            return self.rememberLatest(of: self.fold(page.target))
        }
        if let last = page.lastID, page.lines >= self.pageLimit {
            if pages < Self.mostPages {
                self.requestHistory("AFTER", page.target, "msgid=\(last)")
                return
            }
            self.log(.warning, "Too many missed messages in \(page.target); the rest is skipped")
        }
        self.link.histories[self.fold(page.target)] = nil
        self.requestLatest(in: self.fold(page.target))
    }

    /// Counts a line of a history page: a page with fewer lines than its limit is the last, whatever the lines are.
    mutating func countInBatch(_ line: IRCLine) {
        guard !self.link.batches.isEmpty, let reference = line.tag("batch"), self.link.batches[reference] != nil else {
            return
        }
        self.link.batches[reference]?.lines += 1
        if let id = line.tag("msgid") { self.link.batches[reference]?.lastID = id }
    }

    /// The label of the command that a line answers, from the line or from an enclosing batch.
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

    /// Whether a line is replayed history.
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

    // MARK: Missed messages

    /// Requests the channel's lines since the last connection, and then those before it, to be remembered. On the very
    /// first start no one can have asked anything yet.
    mutating func requestMissed(in key: ExactText) {
        guard self.hasHistory, let channel = self.link.channels[key] else { return }
        guard let since = self.since else { return self.requestLatest(in: key) }
        self.requestHistory("AFTER", channel.name, since)
    }

    /// Asks who sent us queries since the last connection.
    mutating func requestMissedQueries() {
        guard self.hasHistory, let since = self.since else { return }
        let until = "timestamp=" + CivilTime(milliseconds: self.now.wall).rfc3339
        self.enqueue(IRCOutgoingLine("CHATHISTORY", "TARGETS", since, until, String(Self.mostTargets)))
    }

    /// `CHATHISTORY TARGETS nick time`, the reply to that.
    mutating func receiveHistoryTarget(_ line: IRCLine) {
        let target = line.text(1)
        guard line.text(0) == "TARGETS", let since = self.since, !self.link.features.isChannel(target),
            self.link.historyTargets < Self.mostTargets
        else { return }
        self.link.historyTargets += 1
        self.requestHistory("AFTER", target, since)
    }

    /// Whether missed lines are still expected; until they arrive, the last line received is not the last one seen.
    /// Expires, because a server may never answer a request.
    var isReadingHistory: Bool {
        guard !self.link.histories.isEmpty, let since = self.link.readySince else { return false }
        return self.now.monotonic - since < Self.historyPatience
    }

    /// Milliseconds to wait for the lines that a request asked for.
    private static let historyPatience: Int64 = 300_000

    private mutating func requestHistory(_ command: String, _ target: String, _ from: String) {
        self.link.histories[self.fold(target), default: 0] += 1
        self.enqueue(IRCOutgoingLine("CHATHISTORY", command, target, from, String(self.pageLimit)))
        self.pump()
    }

    /// Ten seconds before the last line seen, because clocks differ; the core drops duplicates by their msgid.
    private var since: String? {
        self.memory.seen.map { "timestamp=" + CivilTime(milliseconds: max(0, $0 - 10_000)).rfc3339 }
    }
}
