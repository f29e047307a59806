internal import Chat
internal import WebSockets

/// The state of a run of the adapter: its phase, the open sockets and the waiting orders.
struct SlackWork: Sendable {
    /// Work that gets a separate task.
    enum Order: Sendable {
        case call(SlackStateMachine.Call)
        case close(Int)
        case catchUp
        case status(AdapterStatus)
        case file(SlackSharedFile)
        case prompts(channel: String, thread: String)
        case title(channel: String, thread: String, text: String)
        case slash(SlackSlash, SlackDeliveryQueue.Answer)
        case form(SlackForm, SlackDeliveryQueue.Answer)
    }

    private static let orderLimit = 2_000
    /// The most acknowledgements that may wait for one socket.
    static let acknowledgementLimit = 1_024

    private(set) var isRunning = false
    private(set) var isStopping = false
    /// When the run began, in monotonic milliseconds.
    private(set) var began: Int64 = 0
    /// By link.
    var sockets: [Int: WebSocket] = [:]
    private var orders: [Order] = []
    /// The acknowledgements that wait for a socket to take them, by link.
    private var acknowledgements: [Int: Int] = [:]

    mutating func begin(at now: Int64) {
        self.isRunning = true
        self.began = now
    }

    mutating func stop() { self.isStopping = true }

    mutating func end() { self.isRunning = false }

    /// Adds an order for the connection itself, which is never refused.
    mutating func add(_ order: Order) { self.orders.append(order) }

    /// False when the adapter is not running, or too many orders are waiting.
    mutating func offer(_ order: Order) -> Bool {
        guard self.isRunning, !self.isStopping, self.orders.count < Self.orderLimit else { return false }
        self.orders.append(order)
        return true
    }

    /// False for one too many. By then the socket takes none any more and is closed: Slack redelivers the events.
    mutating func beginAcknowledgement(on link: Int) -> Bool {
        let waiting = self.acknowledgements[link, default: 0] + 1
        guard waiting <= Self.acknowledgementLimit else { return false }
        self.acknowledgements[link] = waiting
        if waiting == Self.acknowledgementLimit { self.add(.close(link)) }
        return true
    }

    mutating func endAcknowledgement(on link: Int) {
        let waiting = self.acknowledgements[link, default: 0] - 1
        self.acknowledgements[link] = waiting > 0 ? waiting : nil
    }

    mutating func takeOrders() -> [Order] {
        defer { self.orders = [] }
        return self.orders
    }
}
