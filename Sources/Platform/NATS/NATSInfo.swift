internal import JSON

/// What a server says of itself when somebody connects.
struct NATSInfo: Sendable, Equatable {
    let payloadLimit: Int
    let requiresTLS: Bool
    let offersTLS: Bool
    /// To be signed with an nkey.
    let nonce: String?

    init(payloadLimit: Int, requiresTLS: Bool = false, offersTLS: Bool = false, nonce: String? = nil) {
        self.payloadLimit = payloadLimit
        self.requiresTLS = requiresTLS
        self.offersTLS = offersTLS
        self.nonce = nonce
    }

    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON.parse(bytes), let limit = json["max_payload"]?.intValue else { return nil }
        self.init(
            payloadLimit: limit, requiresTLS: json["tls_required"]?.boolValue ?? false,
            offersTLS: json["tls_available"]?.boolValue ?? false, nonce: json["nonce"]?.stringValue)
    }
}
