internal import Gateway
internal import HTTP
internal import Primitives

extension Webhook {
    static func list(_ root: Section) -> [Webhook] {
        let hooks = root.list("hooks") { $0.section { Webhook($0) } } ?? []
        for (index, hook) in hooks.enumerated() where hooks.prefix(index).contains(where: { $0.name == hook.name }) {
            root.error("two hooks have the name '\(hook.name)'; give each its own name")
        }
        return hooks
    }

    /// As the key of a secret should be.
    private static let shortestSecret = 16

    private init?(_ section: Section) {
        let url = section.required("url") { $0.url() }
        let secret = section.required("secret") {
            $0.secret(
                where: { $0.utf8.count >= Self.shortestSecret },
                else: "the secret is too short: make one with 'openssl rand -hex 32'")
        }
        let name = section.read("name", default: url?.host ?? "") {
            $0.string(
                where: { $0.utf8.count <= 64 && $0.isPlain(with: "-_.") },
                else: "a hook's name has 1 to 64 letters, digits, '-', '_' and '.'")
        }
        let events = section.list("events") { $0.choice(among: Self.kinds, named: { $0 }) }
        let allowsPrivate = section.read("allow_private", default: false) { $0.bool() }
        guard let url, let secret else { return nil }
        self.init(name: name, url: url, secret: secret, events: events, allowsPrivate: allowsPrivate)
    }
}
