package import Chat

/// Which strangers are looked at: bounds what a flood of them costs. Pure; times are milliseconds.
///
/// Of each network so many in an hour get as far as the store, which knows who was answered within a day. All others cost a
/// look into memory.
package struct StrangerBook: Sendable {
    private var met: [String: Int64] = [:]
    private var hours: [AdapterID: (start: Int64, count: Int)] = [:]

    package static let day: Int64 = 86_400_000
    static let hour: Int64 = 3_600_000
    /// Of one network in an hour.
    package static let limit = 20
    private static let memory = 2_000

    package init() {}

    /// Whether somebody is to be looked up, which counts.
    package mutating func mayMeet(_ identity: String, on network: AdapterID, at now: Int64) -> Bool {
        if let last = self.met[identity], (0..<Self.day).contains(now - last) { return false }
        var hour = self.hours[network] ?? (now, 0)
        if !(0..<Self.hour).contains(now - hour.start) { hour = (now, 0) }
        guard hour.count < Self.limit else { return false }
        hour.count += 1
        self.hours[network] = hour
        if self.met.count >= Self.memory { self.met = [:] }
        self.met[identity] = now
        return true
    }
}
