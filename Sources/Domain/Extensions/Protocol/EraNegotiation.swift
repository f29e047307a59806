internal import JSON
internal import Primitives

/// Finds out which era of the protocol a server speaks. Pure: its inputs are the server's answers, its outputs what to
/// send. No single error code decides: SDKs answer the probe of the other era with different ones.
struct EraNegotiation {
    enum Action: Equatable {
        case discover
        case initialize
        /// Report ``silence()`` if the probe is not answered in this time.
        case wait(Duration)
        case agree(Agreement)
        case fail(String)
    }

    /// How long a server may be silent before it gets `initialize` too.
    let patience: Duration
    private var isOver = false
    /// Requests without an answer.
    private var open: Set<ExtensionOffer.Era> = []
    private var discoveries = 0
    private var initializations = 0
    private var last = "it answered nothing that this client understands"

    init(patience: Duration) {
        self.patience = patience
    }

    /// - Parameter known: What the server spoke when it ran last, which is tried first.
    mutating func begin(known: ExtensionOffer.Era? = nil) -> [Action] {
        known == .legacy ? self.initialize() : self.discover() + [.wait(self.patience)]
    }

    mutating func discovered(_ answer: JSON) -> [Action] {
        guard self.takes(.modern) else { return [] }
        if let agreement = Agreement(discovery: answer) { return self.end(.agree(agreement)) }
        self.last = "it speaks only the revisions \(Self.words(answer["supportedVersions"]))"
        return self.initialize()
    }

    mutating func refusedDiscovery(_ error: RPCError?) -> [Action] {
        guard self.takes(.modern) else { return [] }
        if let error { self.last = "it answered server/discover with: \(error.message)" }
        return self.initialize()
    }

    mutating func silence() -> [Action] { self.isOver || !self.open.contains(.modern) ? [] : self.initialize() }

    mutating func initialized(_ answer: JSON) -> [Action] {
        guard self.takes(.legacy) else { return [] }
        if let agreement = Agreement(initialization: answer) { return self.end(.agree(agreement)) }
        self.last = "it speaks the revision \(Self.words(answer["protocolVersion"].map { [$0] }))"
        return self.open.isEmpty ? self.end(.fail(self.last)) : []
    }

    mutating func refusedInitialization(_ error: RPCError?) -> [Action] {
        guard self.takes(.legacy) else { return [] }
        if let error { self.last = "it answered initialize with: \(error.message)" }
        // Locked to the modern era by the first probe, whose answer was late or odd.
        if error?.code == RPCError.Code.unsupportedVersion, self.discoveries < 2 {
            return self.open.contains(.modern) ? [] : self.discover()
        }
        return self.open.isEmpty ? self.end(.fail(self.last)) : []
    }

    // MARK: Steps

    private mutating func takes(_ era: ExtensionOffer.Era) -> Bool {
        !self.isOver && self.open.remove(era) != nil
    }

    private mutating func discover() -> [Action] {
        self.discoveries += 1
        self.open.insert(.modern)
        return [.discover]
    }

    private mutating func initialize() -> [Action] {
        guard self.initializations == 0 else { return self.open.isEmpty ? self.end(.fail(self.last)) : [] }
        self.initializations += 1
        self.open.insert(.legacy)
        return [.initialize]
    }

    private mutating func end(_ action: Action) -> [Action] {
        self.isOver = true
        return [action]
    }

    private static func words(_ revisions: JSON?) -> String {
        let words = (revisions?.arrayValue ?? []).prefix(8).compactMap { $0.stringValue?.beginning(bytes: 40) }
        return words.isEmpty ? "of an unknown name" : words.joined(separator: ", ")
    }
}
