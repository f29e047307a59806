import EventLoop
import HTTP
import JSON
import Primitives
import TestSupport
import Testing

/// A host with the rehearsal model on IRC, on Telegram and in the web chat, each with a repository of its own.
struct SpecScene {
    static let idea = "a shop where people order bread and pay later"

    let host: HostProcess
    let networks: [any ServedNetwork]
    let web: ServedWeb
    private let directory: TemporaryDirectory

    static func start() async throws -> SpecScene {
        let directory = try TemporaryDirectory()
        let web = ServedWeb(conversations: 2)
        let networks: [any ServedNetwork] = [
            try await ServedIRC(conversations: 2), try await ServedTelegram(conversations: 2), web,
        ]
        var repositories: [String] = []
        for network in networks {
            let path = "\(directory.path)/\(network.name)-shop"
            try RealGit("/").shell("mkdir -p \(path)")
            try TestFile.write("# Shop\n", to: path + "/README.md")
            try RealGit(path)("init -q && git add -A && git commit -qm Start")
            repositories.append("{name: \(network.name)-shop, path: \"\(path)\"}")
        }
        let owners = networks.flatMap(\.owners).map { "\"\($0)\"" }.joined(separator: ", ")
        let entries = networks.map(\.entry).filter { !$0.isEmpty }.joined(separator: "\n")
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                repositories: [\(repositories.joined(separator: ", "))]
                approvals: {commands: allow}
                access: {owners: [\(owners)]}
                adapters:
                \(entries)

                """, directory: directory)
        let scene = SpecScene(host: host, networks: networks, web: web, directory: directory)
        try await host.start(
            environment: networks.reduce(into: [:]) { all, network in all.merge(network.environment) { $1 } })
        for network in networks { try await network.meet(host) }
        return scene
    }

    func repository(of network: any ServedNetwork) -> RealGit {
        RealGit("\(self.directory.path)/\(network.name)-shop")
    }

    func stop() async -> String {
        let status = await self.host.terminate()
        for network in self.networks { await network.stop() }
        return status.map { "\($0)" } ?? "none"
    }
}
