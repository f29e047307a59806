package import Primitives

/// A token of a GitHub account, classified by its prefix.
package struct GitHubToken: Sendable, Hashable {
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// `gho_`: issued to an OAuth app, such as the GitHub CLI.
        case oauthApp
        /// `ghu_`: issued to a GitHub App for its user, such as Copilot's editor plug-ins.
        case appUser
        /// `github_pat_`: a personal access token with selected permissions.
        case fineGrained
        /// `ghs_`: of an installed GitHub App, as in Actions.
        case installation
        /// `ghp_`: a classic personal access token.
        case classic
        /// `ghr_`: renews a sign-in that expires, and serves no other purpose.
        case refresh
        /// Forty hexadecimal digits: issued to OAuth apps before there were prefixes.
        case early

        package var prefix: String {
            switch self {
            case .oauthApp: "gho_"
            case .appUser: "ghu_"
            case .fineGrained: "github_pat_"
            case .installation: "ghs_"
            case .classic: "ghp_"
            case .refresh: "ghr_"
            case .early: ""
            }
        }

        /// Why Copilot's token exchange refuses such tokens, and what to do; nil where it accepts them.
        package var refusal: String? {
            switch self {
            case .oauthApp, .appUser, .early: nil
            case .fineGrained:
                "a fine-grained token (github_pat_) cannot be exchanged for a Copilot token; it works with the Copilot "
                    + "CLI (model.provider: copilot-cli); here, sign in with 'jetbridge login' or 'gh auth login'"
            case .installation:
                "an installation token (ghs_) belongs to an app, not to a person with a Copilot plan; sign in with "
                    + "'jetbridge login' or 'gh auth login'"
            case .classic:
                "GitHub does not accept classic tokens (ghp_) for Copilot; sign in with "
                    + "'jetbridge login' or 'gh auth login'"
            case .refresh:
                "a refresh token (ghr_) only renews a sign-in; sign in with 'jetbridge login' or 'gh auth login'"
            }
        }
    }

    package let kind: Kind
    package let value: Secret

    /// Throws ``Malformed`` where the text has none of the forms.
    package init(_ text: String) throws(Malformed) {
        let text = Self.trimmed(text)
        guard !text.isEmpty else { throw Malformed(reason: "it is empty") }
        guard text.utf8.count <= 512, text.utf8.allSatisfy(Self.isTokenByte) else {
            throw Malformed(reason: "it contains characters that GitHub tokens never have, or is too long")
        }
        if text.utf8.count == 40, text.utf8.allSatisfy(Self.isHexByte) {
            self.kind = .early
        } else {
            let kind = Kind.allCases.first { !$0.prefix.isEmpty && text.hasPrefix($0.prefix) }
            guard let kind, text.utf8.count > kind.prefix.utf8.count else {
                throw Malformed(reason: "it does not begin with gho_, ghu_, github_pat_, ghs_, ghp_ or ghr_")
            }
            self.kind = kind
        }
        self.value = Secret(text)
    }

    /// The text is not a token; the reason does not quote it.
    package struct Malformed: Error, Sendable, Hashable {
        package let reason: String
    }

    /// For people: `gho_…xyz`; without the end where the token is short.
    package var masked: String {
        let body = self.value.reveal().dropFirst(self.kind.prefix.count)
        return "\(self.kind.prefix)…" + (body.count >= 12 ? String(body.suffix(3)) : "")
    }

    private static func trimmed(_ text: String) -> String {
        let isSpace: (UInt8) -> Bool = { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
        let bytes = Array(text.utf8).drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Newer tokens contain `.` and `-` as well as letters, digits and `_`.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E, 0x2D: true
        default: false
        }
    }

    private static func isHexByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte) || (0x41...0x46).contains(byte)
    }
}

extension GitHubToken: CustomStringConvertible {
    package var description: String { self.masked }
}
