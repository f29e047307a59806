extension HTTPHeaders {
    /// The credential of `Authorization: Bearer …` (RFC 6750 §2.1); nil without the header or with another scheme.
    package var bearerToken: String? {
        guard let authorization = self[.authorization] else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].equalsIgnoringCase("bearer") else { return nil }
        return String(parts[1].utf8.trimmingBlanks())
    }
}
