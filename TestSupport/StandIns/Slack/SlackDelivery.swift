internal import JSON

/// Delivers events to the app: over one of its connections, with a deadline for the acknowledgement and retries without
/// one. A state machine: inputs and the time go in, actions come out, without socket or clock.
struct SlackDelivery {
    /// A delivery to the app.
    struct Item {
        var type: String
        var payload: JSON
        /// `Ev…`; nil for items that are sent only once.
        var eventID: String?
        var acceptsPayload = false
        /// The interaction that the acknowledgement's payload belongs to.
        var interaction: String?
        var attempt = 0
        var reason = ""
    }

    enum Action {
        case send(connection: Int, text: String)
        case post(envelope: String, item: Item)
    }

    struct Timing {
        var acknowledge: Double
        var retries: [Double]
    }

    private struct Flight {
        var item: Item
        /// 0 for HTTP.
        var connection: Int
        var deadline: Double
    }

    /// What happens to the next first deliveries.
    typealias Disturbance = LoopbackSlack.Disturbance

    var timing: Timing
    var isOverHTTP = false
    var disturbances: [Disturbance] = []
    /// Nothing is sent while it is set.
    var isHeld = false
    private(set) var connections: [Int] = []
    private(set) var lost = 0
    /// Deliveries abandoned since ``takeAbandoned()``.
    private var abandoned: [Item] = []
    private(set) var acknowledged = 0
    /// Actions that a correct app never performs.
    private(set) var mistakes: [String] = []
    private var turn = 0
    private var ready: [Item] = []
    private var later: [(due: Double, item: Item)] = []
    /// The earliest time in `later`.
    private var laterStart = Double.infinity
    private var swapped: Item?
    private var flights: [String: Flight] = [:]
    /// In the order of their deadlines; those before the start index are done.
    private var deadlines: [(time: Double, envelope: String)] = []
    private var deadlineStart = 0
    private var envelopes = 0

    init(timing: Timing) {
        self.timing = timing
    }

    /// The number of unacknowledged items, however often they were sent.
    var outstanding: Int { self.ready.count + self.later.count + self.flights.count + (self.swapped == nil ? 0 : 1) }

    /// When ``run(now:)`` next has work to do.
    var nextTime: Double? {
        let due = self.later.isEmpty ? nil : self.laterStart
        let deadline = self.deadlineStart < self.deadlines.count ? self.deadlines[self.deadlineStart].time : nil
        return [due, deadline].compactMap { $0 }.min()
    }

    // MARK: Inputs

    mutating func add(_ item: Item, now: Double) {
        if let held = self.swapped.take() {
            self.ready += [item, held]
            return
        }
        var disturbance: Disturbance?
        if item.eventID != nil, !self.disturbances.isEmpty { disturbance = self.disturbances.removeFirst() }
        switch disturbance {
        case .duplicate: self.ready += [item, item]
        case .late(let seconds): self.postpone(item, until: now + seconds)
        case .swapped: self.swapped = item
        case nil: self.ready.append(item)
        }
    }

    /// Stops disturbing deliveries and releases those held back.
    mutating func endDisturbances() {
        self.disturbances = []
        if let held = self.swapped.take() { self.ready.append(held) }
    }

    mutating func open(_ connection: Int) {
        self.connections.append(connection)
    }

    mutating func close(_ connection: Int, now: Double) {
        self.connections.removeAll { $0 == connection }
        for (envelope, flight) in self.flights where flight.connection == connection {
            self.flights[envelope] = nil
            self.again(flight.item, reason: "connection_failed", now: now)
        }
    }

    /// The app's acknowledgement; returns the item if its payload must be handled.
    mutating func acknowledge(_ envelope: String, from connection: Int, hasPayload: Bool) -> Item? {
        guard let flight = self.flights[envelope] else {
            self.note("acknowledged \(envelope), which was not outstanding (too late, twice, or never sent)")
            return nil
        }
        guard flight.connection == connection else {
            self.note("acknowledged \(envelope) on a connection other than the one it came on")
            return nil
        }
        self.flights[envelope] = nil
        self.acknowledged += 1
        if hasPayload, !flight.item.acceptsPayload {
            self.note("answered \(envelope) with a payload, which it does not accept")
            return nil
        }
        return flight.item
    }

    /// The app's answer over HTTP.
    mutating func answered(
        _ envelope: String, isGood: Bool, isLast: Bool, reason: String, now: Double
    ) -> Item? {
        guard let flight = self.flights.removeValue(forKey: envelope) else { return nil }
        if isGood {
            self.acknowledged += 1
            return flight.item
        }
        if isLast {
            self.lost += 1
            if flight.item.interaction != nil { self.abandoned.append(flight.item) }
        } else {
            self.again(flight.item, reason: reason, now: now)
        }
        return nil
    }

    /// Sends no new events over the connection; outstanding ones are still awaited.
    mutating func retire(_ connection: Int) {
        self.connections.removeAll { $0 == connection }
    }

    mutating func takeAbandoned() -> [Item] {
        defer { self.abandoned = [] }
        return self.abandoned
    }

    mutating func note(_ mistake: String) {
        guard self.mistakes.count < 100 else { return }
        self.mistakes.append(mistake)
    }

    // MARK: Time

    mutating func run(now: Double) -> [Action] {
        while self.deadlineStart < self.deadlines.count {
            let first = self.deadlines[self.deadlineStart]
            if let flight = self.flights[first.envelope] {
                guard first.time <= now else { break }
                self.flights[first.envelope] = nil
                self.again(flight.item, reason: self.isOverHTTP ? "http_timeout" : "timeout", now: now)
            }
            self.deadlineStart += 1
        }
        if self.deadlineStart > 256, self.deadlineStart * 2 > self.deadlines.count {
            self.deadlines.removeFirst(self.deadlineStart)
            self.deadlineStart = 0
        }
        if self.laterStart <= now {
            let due = self.later.filter { $0.due <= now }
            self.later.removeAll { $0.due <= now }
            self.laterStart = self.later.map(\.due).min() ?? .infinity
            self.ready += due.sorted { $0.due < $1.due }.map(\.item)
        }
        var actions: [Action] = []
        while !self.isHeld, !self.ready.isEmpty {
            let items = self.ready
            self.ready = []
            for item in items { self.dispatch(item, now: now, to: &actions) }
        }
        return actions
    }

    private mutating func dispatch(_ item: Item, now: Double, to actions: inout [Action]) {
        guard self.isOverHTTP || !self.connections.isEmpty else {
            return self.again(item, reason: "no_open_connection", now: now)
        }
        self.envelopes += 1
        let envelope = Self.identifier(self.envelopes)
        var connection = 0
        if self.isOverHTTP {
            actions.append(.post(envelope: envelope, item: item))
        } else {
            self.turn += 1
            connection = self.connections[self.turn % self.connections.count]
            actions.append(.send(connection: connection, text: Self.text(envelope, item)))
        }
        self.flights[envelope] = Flight(item: item, connection: connection, deadline: now + self.timing.acknowledge)
        self.deadlines.append((now + self.timing.acknowledge, envelope))
    }

    private mutating func again(_ item: Item, reason: String, now: Double) {
        guard item.eventID != nil, item.attempt < self.timing.retries.count else {
            self.lost += 1
            if item.interaction != nil { self.abandoned.append(item) }
            return
        }
        var item = item
        let delay = self.timing.retries[item.attempt]
        item.attempt += 1
        item.reason = reason
        if delay <= 0 { self.ready.append(item) } else { self.postpone(item, until: now + delay) }
    }

    private mutating func postpone(_ item: Item, until due: Double) {
        self.later.append((due, item))
        self.laterStart = min(self.laterStart, due)
    }

    private static func text(_ envelope: String, _ item: Item) -> String {
        var frame: JSONObject = [
            "envelope_id": .string(envelope), "type": .string(item.type),
            "accepts_response_payload": .bool(item.acceptsPayload), "payload": item.payload,
        ]
        if item.eventID != nil {
            frame["retry_attempt"] = JSON(item.attempt)
            frame["retry_reason"] = .string(item.reason)
        }
        return JSON(frame).text
    }

    /// Formatted as a UUID.
    static func identifier(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return "5e0d1a2b-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }
}
