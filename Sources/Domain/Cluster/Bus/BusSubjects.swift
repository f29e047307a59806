internal import Crypto
internal import NATS

/// The subjects and streams of a cluster. They begin with its name, so that clusters can share a server.
struct BusSubjects: Sendable {
    private let prefix: String
    /// Wakes owners of places. It keeps what a host missed for as long as a restart takes.
    let events: NATSStream
    /// The running answers that people watch.
    let live: NATSStream
    /// Short news for every host.
    let all: String

    init(_ cluster: String) {
        self.prefix = "jb.\(cluster)"
        self.all = "\(self.prefix).all"
        self.events = NATSStream(
            name: "JB-\(cluster)-EVENTS", subjects: ["\(self.prefix).event.*"], storage: .file, maxAge: .seconds(600),
            duplicateWindow: .seconds(120))
        self.live = NATSStream(
            name: "JB-\(cluster)-LIVE", subjects: ["\(self.prefix).live.*"], storage: .memory, maxAge: .seconds(60),
            duplicateWindow: .seconds(60))
    }

    var anyEvent: String { "\(self.prefix).event.*" }

    func event(place: String) -> String { "\(self.prefix).event.\(Self.token(place))" }

    func live(session: String) -> String { "\(self.prefix).live.\(Self.token(session))" }

    func host(_ id: String) -> String { "\(self.prefix).host.\(Self.token(id))" }

    /// A host's consumer of ``events``.
    func consumer(of host: String) -> String { "host-\(Self.token(host))" }

    /// A name as one token, different for different names: letters, digits, `-` and `_` as they are, other bytes as `=`
    /// and two digits. Also allowed in the name of a consumer. A long one becomes its digest.
    static func token(_ name: String) -> String {
        let escaped = name.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default: "=" + hex([byte])
            }
        }.joined()
        // `=` is followed by a digit everywhere else.
        if escaped.isEmpty { return "=empty" }
        return escaped.utf8.count <= 200 ? escaped : "=sha256-" + hex(sha256(name))
    }
}
