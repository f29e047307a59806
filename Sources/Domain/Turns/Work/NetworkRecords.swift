internal import Audit
internal import EventLoop
internal import JSON
internal import Jail
internal import Logging
internal import Primitives

/// Records the requests of jails to the network, and bounds how much of the audit they take: a jail may send many for days.
///
/// Of equal requests within a minute the first few have a row each, and the others one together. After a number of rows a
/// day, a session's requests are only counted, once an hour.
final class NetworkRecords: Sendable {
    private struct Target: Hashable {
        let host: String
        let port: Int
        let verdict: NetworkRequest.Verdict
    }

    /// What is known of a session's requests.
    private struct Account {
        var day: Int64
        /// The rows of the day.
        var rows = 0
        var minute: Int64 = 0
        /// The rows of the minute.
        var recorded: [Target: Int] = [:]
        /// What waits for a row: the last request, with the bytes of all, and how many they are.
        var folded: [Target: (request: NetworkRequest, count: Int)] = [:]
        var alarm: Alarm?
    }

    /// Rows about equal requests within a minute.
    static let alike = 10
    /// Rows of a session a day, before its requests are only counted.
    static let daily = 5_000

    private let audit: any AuditRecorder
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let accounts = Protected<[String: Account]>([:])

    /// - Parameter now: milliseconds since 1970.
    init(audit: any AuditRecorder, logger: Logger, now: @escaping @Sendable () -> Int64 = { WallClock.now() }) {
        self.audit = audit
        self.logger = logger
        self.now = now
    }

    /// Returns when the request is recorded or counted.
    func record(_ request: NetworkRequest, of session: String) async {
        let now = self.now()
        let hasRow = self.accounts.withLock { accounts -> Bool in
            let day = now / 86_400_000
            if accounts[session]?.day != day {
                accounts = accounts.filter { $0.value.day == day || !$0.value.folded.isEmpty }
            }
            var account = accounts.removeValue(forKey: session) ?? Account(day: day)
            defer { accounts[session] = account }
            if account.day != day {
                account.day = day
                account.rows = 0
            }
            if account.minute != now / 60_000 {
                account.minute = now / 60_000
                account.recorded = [:]
            }
            var request = request
            let isOver = account.rows >= Self.daily
            if isOver {
                request = NetworkRequest(
                    method: "", host: "", port: 0, verdict: request.verdict,
                    reason: "the session has more than \(Self.daily) records of this day", sent: request.sent,
                    received: request.received)
            }
            let target = Target(host: request.host, port: request.port, verdict: request.verdict)
            if !isOver, account.recorded[target, default: 0] < Self.alike {
                account.recorded[target, default: 0] += 1
                account.rows += 1
                return true
            }
            let earlier = account.folded[target]
            account.folded[target] = (request.adding(earlier?.request), (earlier?.count ?? 0) + 1)
            if account.alarm == nil {
                account.alarm = Alarm(after: isOver ? .seconds(3_600) : .seconds(60)) { [weak self] in
                    // Unstructured: an alarm fires on the event loop, which must not wait.
                    Task { [weak self] in await self?.flush(session) }
                }
            }
            return false
        }
        if hasRow { await self.write(request, of: session) }
    }

    /// Records what has been counted of a session.
    func flush(_ session: String) async {
        let folded = self.accounts.withLock { accounts in
            let folded = accounts[session]?.folded ?? [:]
            accounts[session]?.folded = [:]
            accounts[session]?.alarm = nil
            accounts[session]?.rows += folded.count
            return Array(folded.values)
        }
        for (request, count) in folded { await self.write(request, count, of: session) }
    }

    /// - Parameter count: of the requests that the row is about; nil for one of its own.
    private func write(_ request: NetworkRequest, _ count: Int? = nil, of session: String) async {
        var details: JSONObject = [
            "method": .string(request.method), "host": .string(request.host), "port": .number(Double(request.port)),
            "verdict": .string("\(request.verdict)"), "reason": .string(request.reason),
            "sent": .number(Double(request.sent)), "received": .number(Double(request.received)),
        ]
        if let count { details["count"] = .number(Double(count)) }
        do {
            try await self.audit.record(
                AuditEntry(kind: .network, session: session, turn: nil, actor: "jail", details: .object(details)))
        } catch {
            self.logger.error("a network request could not be recorded", ["error": .string("\(error)")])
        }
    }
}

extension NetworkRequest {
    /// With the bytes of earlier ones.
    fileprivate func adding(_ other: NetworkRequest?) -> NetworkRequest {
        NetworkRequest(
            method: self.method, host: self.host, port: self.port, verdict: self.verdict, reason: self.reason,
            sent: self.sent + (other?.sent ?? 0), received: self.received + (other?.received ?? 0))
    }
}
