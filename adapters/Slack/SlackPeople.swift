internal import Kit
internal import Primitives

/// Display names of people, channels and groups, for other people and for the model only: decisions are made by ids.
struct SlackPeople: Sendable {
    private static let limit = 2_000

    /// By the id of a user, channel or group.
    private(set) var names: [String: String] = [:]
    /// The ids whose names were requested.
    private var asked: Set<String> = []
    /// Those among them for which Slack has not answered yet.
    private var pending: Set<String> = []
    /// Until when nobody is looked up, in monotonic milliseconds.
    private var pauseEnd = Int64.min

    /// True once for each id: the caller looks up the name.
    mutating func needsLookUp(_ id: String, at now: Int64) -> Bool {
        guard now >= self.pauseEnd else { return false }
        if self.asked.count >= Self.limit { (self.asked, self.names) = ([], [:]) }
        guard SlackReader.isID(id), self.asked.insert(id).inserted else { return false }
        self.pending.insert(id)
        return true
    }

    /// The first of `ids` whose names are to be looked up now.
    mutating func toLookUp(_ ids: [String], at now: Int64, limit: Int) -> [String] {
        var found: [String] = []
        for id in ids {
            guard found.count < limit else { break }
            if self.needsLookUp(id, at: now) { found.append(id) }
        }
        return found
    }

    /// True while the name of one of `ids` is being looked up, also by another event.
    func isLookingUp(_ ids: [String]) -> Bool { ids.contains(where: self.pending.contains) }

    mutating func endLookUp(of ids: [String]) { self.pending.subtract(ids) }

    mutating func learn(_ name: String?, of id: String) {
        // Names of groups come unasked, all at once.
        if self.names.count >= Self.limit * 2 { (self.asked, self.names) = ([], [:]) }
        self.names[id] = name.map { $0.beginning(bytes: 320).onOneLine.cut(to: 80) }
    }

    /// A channel's name with its sign, if it is known. A group of people has only a technical one.
    func title(of channel: String) -> String? {
        guard !channel.hasPrefix("D"), let name = RoomTitle.of(self.names[channel]), !name.hasPrefix("mpdm-") else {
            return nil
        }
        return "#\(name)"
    }

    /// Forgets a failed look-up, so that the next message repeats it.
    mutating func forgetLookUp(_ id: String) { self.asked.remove(id) }

    /// Slack did not answer in time. Messages in a queue would each wait as long for their names.
    mutating func pauseLookUps(at now: Int64) { self.pauseEnd = now + 60_000 }
}
