internal import Crypto
internal import JSON

/// The state of a ``LoopbackCopilot``.
struct CopilotServerState: Sendable {
    private static let most = 10_000

    var queue: [ModelBehavior] = []
    var byModel: [String: ModelBehavior] = [:]
    var models = CopilotModelFixtures.list
    /// Refusals by the API's front end for the next requests.
    var fronts: [(status: Int, text: String)] = []
    /// The rest of the month's allowance; nil is unlimited.
    var credits: Double?
    let entitlement: Double
    var requests: [CopilotServerRequest] = []
    var count = 0
    var underWay = 0

    init(credits: Double?) {
        self.credits = credits
        self.entitlement = max(300, credits ?? 300)
    }

    mutating func log(_ request: CopilotServerRequest) {
        if self.requests.count >= Self.most { self.requests.removeFirst() }
        self.requests.append(request)
    }

    var etag: String { "W/\"\(Crypto.hex(Crypto.sha256(self.models.bytes)).prefix(16))\"" }

    func model(_ id: String) -> JSON? {
        self.models["data"]?.arrayValue?.first { $0["id"]?.stringValue == id }
    }

    /// The header with the remaining allowance, in percent.
    var quotaHeader: String {
        guard let credits = self.credits else {
            return "ent=-1&ov=0.0&ovPerm=false&rem=100.0&rst=2026-12-01T00%3A00%3A00Z"
        }
        let percent = (credits / self.entitlement * 1000).rounded() / 10
        return "ent=\(Int(self.entitlement))&ov=0.0&ovPerm=false&rem=\(percent)&rst=2026-12-01T00%3A00%3A00Z"
    }
}
