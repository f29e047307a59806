internal import Gateway
internal import HTTP
internal import Primitives

extension Webhook {
    static func list(_ root: Section) -> [Webhook] {
        let hooks = root.list("hooks") { $0.section { Webhook($0) } ?? nil } ?? []
        for (index, hook) in hooks.enumerated() where hooks.prefix(index).contains(where: { $0.name == hook.name }) {
            root.error("two hooks have the name '\(hook.name)'; give each its own name")
        }
        return hooks
    }

    /// As the key of a secret should be.
    private static let shortestSecret = 16

    private init?(_ section: Section) {
        let url = section.required("url") { $0.url() }
        let secret = section.required("secret") { Self.secret($0) }
        let name = section.read("name", default: url?.host ?? "") { Self.name($0) }
        let events = section.list("events") { $0.choice(among: Self.kinds, named: { $0 }) }
        let allowsPrivate = section.read("allow_private", default: false) { $0.bool() }
        guard let url, let secret else { return nil }
        self.init(name: name, url: url, secret: secret, events: events, allowsPrivate: allowsPrivate)
    }

    private static func secret(_ value: Value) -> Secret? {
        guard let secret = value.secret() else { return nil }
        return secret.reveal().utf8.count >= Self.shortestSecret
            ? secret : value.error("the secret is too short: make one with 'openssl rand -hex 32'")
    }

    private static func name(_ value: Value) -> String? {
        guard let name = value.string() else { return nil }
        let isName =
            name.utf8.count <= 64
            && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
        return isName ? name : value.error("a hook's name has 1 to 64 letters, digits, '-', '_' and '.'")
    }
}
