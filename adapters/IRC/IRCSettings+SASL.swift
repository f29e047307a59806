package import Primitives

extension IRCSettings {
    /// How to log in to services before joining.
    package struct SASL: Sendable, Equatable {
        /// Strongest first.
        package enum Mechanism: String, Sendable, CaseIterable {
            /// By the TLS client certificate.
            case external = "EXTERNAL"
            /// By a proof of the password, which never leaves this machine; the server proves that it knows it too
            /// (RFC 7677).
            case scram = "SCRAM-SHA-256"
            /// By the password itself (RFC 4616); never sent without TLS, except to this machine.
            case plain = "PLAIN"
        }

        package struct Password: Sendable, Equatable {
            package var account: String
            package var secret: Secret

            package init(account: String, secret: Secret) {
                self.account = account
                self.secret = secret
            }
        }

        /// Paths of PEM files.
        package struct Certificate: Sendable, Equatable {
            package var certificate: String
            package var key: String

            package init(certificate: String, key: String) {
                self.certificate = certificate
                self.key = key
            }
        }

        /// The only mechanism to use; nil for the strongest that the server offers.
        package var mechanism: Mechanism?
        package var password: Password?
        package var certificate: Certificate?

        package init(mechanism: Mechanism?, password: Password?, certificate: Certificate? = nil) {
            self.mechanism = mechanism
            self.password = password
            self.certificate = certificate
        }

        /// By account and password; without `mechanism`, as strongly as the server offers.
        package static func password(account: String, _ secret: Secret, mechanism: Mechanism? = nil) -> Self {
            Self(mechanism: mechanism, password: Password(account: account, secret: secret))
        }

        package static func plain(account: String, password: Secret) -> Self {
            .password(account: account, password, mechanism: .plain)
        }

        package static func external(certificate: String, key: String) -> Self {
            Self(
                mechanism: .external, password: nil, certificate: Certificate(certificate: certificate, key: key))
        }

        /// The mechanisms that the settings allow, strongest first.
        package var mechanisms: [Mechanism] {
            if let mechanism = self.mechanism { return [mechanism] }
            return Mechanism.allCases.filter { ($0 == .external ? self.certificate != nil : self.password != nil) }
        }
    }
}
