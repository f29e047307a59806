internal import HTTP

extension Configuration {
    /// How an adapter's HTTP client reaches a platform that somebody runs himself.
    package struct Transport: Sendable, Equatable {
        /// Certificates to trust instead of the system's, for a server with a private authority.
        package var caFile: String?
        /// Plain HTTP to another machine is refused unless this is set.
        package var allowsPlainHTTP: Bool

        /// Plain HTTP to this machine only, and the system's authorities.
        package static let standard = Self(caFile: nil, allowsPlainHTTP: false)

        private init(caFile: String?, allowsPlainHTTP: Bool) {
            self.caFile = caFile
            self.allowsPlainHTTP = allowsPlainHTTP
        }

        init(_ section: Section) {
            self.caFile = section.optional("ca_file") { $0.readableFile() }
            self.allowsPlainHTTP = section.read("allow_plain_http", default: false) { $0.bool() }
        }

        /// A platform's address. Tokens go there with every request, so plain HTTP is for this machine only, unless the
        /// entry says otherwise.
        func url(_ value: Value, canBeAllowed: Bool = true) -> HTTPURL? {
            guard let url = value.url() else { return nil }
            guard url.query == nil else { return value.error("the URL ends before the '?'; leave out what follows it") }
            guard url.isSecure || url.isLoopback || self.allowsPlainHTTP else {
                return value.error(
                    "plain http would show the token and all messages to everybody on the way; use https://"
                        + (canBeAllowed ? ", or set allow_plain_http: true" : ""))
            }
            return url
        }
    }
}
