internal import Copilot
internal import EventLoop
internal import Gateway
internal import Glibc
internal import HTTP
internal import Primitives
internal import Repositories
internal import Sessions

/// The gateway and what it asks of the rest.
enum GatewayParts {
    /// Where the gateway will listen: known before it does, because links and the origin check need it.
    struct Listening: Sendable {
        let host: String
        let port: UInt16

        var authority: String { "\(self.host.contains(":") ? "[\(self.host)]" : self.host):\(self.port)" }
        var url: String { "http://\(self.authority)" }
    }

    /// Picks a free port where the configuration says 0.
    static func listening(_ gateway: Configuration.Gateway) throws(HostError) -> Listening {
        let host = gateway.listen.host == "localhost" ? "127.0.0.1" : gateway.listen.host
        guard let wanted = SocketAddress(host: host, port: UInt16(gateway.listen.port)) else {
            throw HostError("gateway.listen: '\(host)' is no numeric address. Write an address such as 127.0.0.1:8787.")
        }
        do throws(SystemError) {
            let listener = try Socket.listen(on: wanted)
            let port = Socket.localAddress(listener.rawValue)?.port ?? wanted.port
            return Listening(host: host, port: port)
        } catch {
            throw HostError(
                "the gateway cannot listen on \(gateway.listen): \(error). "
                    + "Another program has the address; stop it, or choose another with --listen.")
        }
    }

    /// A configured URL as the base of links.
    static func base(_ url: HTTPURL) -> String {
        url.origin + (url.path == "/" ? "" : url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path)
    }

    static func gateway(
        _ listening: Listening, bridge: Bridge, web: WebAdapter, viewer: any ViewerSource, model: any ModelClient,
        publicURL: String, mount: GatewayMount? = nil, hooks: [GatewayHook] = []
    ) throws -> Gateway {
        var settings = GatewaySettings(address: listening.host, port: listening.port, publicURL: publicURL)
        settings.version = Release.version
        return try Gateway(
            settings: settings, bridge: bridge, web: web, viewer: viewer,
            readiness: ReadinessParts.readiness(store: bridge.store, model: model), mount: mount,
            hooks: hooks)
    }
}
