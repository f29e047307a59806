internal import HTTP

extension Configuration {
    /// How an adapter's HTTP client reaches a self-hosted platform.
    package struct Transport: Sendable, Equatable {
        /// CA certificates to trust instead of the system's, for a server with a private authority.
        package var caFile: String?
        /// Whether plain HTTP to another machine is allowed.
        package var allowsPlainHTTP: Bool

        /// Plain HTTP only to this machine, and the system's authorities.
        package static let standard = Self(caFile: nil, allowsPlainHTTP: false)

        private init(caFile: String?, allowsPlainHTTP: Bool) {
            self.caFile = caFile
            self.allowsPlainHTTP = allowsPlainHTTP
        }

        init(_ section: Section) {
            self.caFile = section.optional("ca_file") { $0.pemFile() }
            self.allowsPlainHTTP = section.read("allow_plain_http", default: false) { $0.bool() }
        }

        /// A platform's address. Every request carries a token, so plain HTTP to another machine must be allowed
        /// explicitly.
        func url(_ value: Value, canBeAllowed: Bool = true) -> HTTPURL? {
            guard let url = value.url() else { return nil }
            guard url.query == nil else {
                return value.error("the URL must not contain a query; leave out the '?' and what follows")
            }
            guard url.isSecure || url.isLoopback || self.allowsPlainHTTP else {
                return value.error(
                    "plain HTTP would send the token and all messages unencrypted; use https://"
                        + (canBeAllowed ? ", or set allow_plain_http: true" : ""))
            }
            return url
        }
    }
}
