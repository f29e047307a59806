import Host
import Logging
import TestSupport
import Testing

@Suite("Configuration: sources")
struct ConfigurationLoaderTests {
    private let folder: TemporaryDirectory

    init() throws { self.folder = try TemporaryDirectory() }

    private func load(
        _ environment: [String: String] = [:], flags: ConfigurationFlags = ConfigurationFlags()
    ) -> LoadedConfiguration {
        let surroundings = Surroundings(
            environment: ["HOME": "\(self.folder.path)/home"].merging(environment) { $1 },
            currentDirectory: "\(self.folder.path)/current")
        return ConfigurationLoader(flags: flags, surroundings: surroundings).load()
    }

    @Test("the file comes from the flag, else the variable, the current directory, the XDG directory or the home")
    func searchOrder() {
        let home = self.folder.write("home/.config/jetbridge/jetbridge.yaml", "model: {name: home}")
        expectEqual(self.load().file, home)
        let xdg = self.folder.write("xdg/jetbridge/jetbridge.yaml", "model: {name: xdg}")
        var environment = ["XDG_CONFIG_HOME": "\(self.folder.path)/xdg"]
        expectEqual(self.load(environment).file, xdg)
        self.folder.write("current/jetbridge.yaml", "model: {name: current}")
        expectEqual(self.load(environment).file, "jetbridge.yaml")
        expectEqual(self.load(environment).configuration?.model.name, "current")
        environment["JETBRIDGE_CONFIG"] = self.folder.write("variable.yaml", "model: {name: variable}")
        expectEqual(self.load(environment).configuration?.model.name, "variable")
        let flag = self.folder.write("flag.yaml", "model: {name: flag}")
        expectEqual(self.load(environment, flags: ConfigurationFlags(file: flag)).configuration?.model.name, "flag")
    }

    @Test("a named file must exist", arguments: [true, false])
    func namedFile(_ byFlag: Bool) {
        let loaded =
            byFlag
            ? self.load(flags: ConfigurationFlags(file: "none.yaml")) : self.load(["JETBRIDGE_CONFIG": "none.yaml"])
        #expect(loaded.configuration == nil)
        expectEqual(
            loaded.issues.map(\.description),
            [
                "none.yaml: the file cannot be read: No such file or directory"
            ])
    }

    @Test("an unreadable file in a standard place is an error")
    func folderInTheWay() {
        self.folder.write("current/jetbridge.yaml/x", "")
        expectEqual(self.load().errors.first?.message, "the file cannot be read: it is not a regular file")
    }

    @Test("without a file the defaults apply")
    func defaults() throws {
        let loaded = self.load()
        #expect(loaded.file == nil && loaded.issues.isEmpty)
        let configuration = try #require(loaded.configuration)
        expectEqual(configuration.dataDirectory, "\(self.folder.path)/home/.local/share/jetbridge")
        expectEqual(configuration.gateway.listen.description, "127.0.0.1:8787")
        expectEqual(configuration.proxy.listen.description, "127.0.0.1:8080")
        expectEqual(configuration.model.provider, .rehearsal)
        expectEqual(configuration.repositories.map(\.name), ["notes"])
        expectEqual(configuration.repositories.map(\.place), [.local(path: "\(configuration.dataDirectory)/notes")])
        #expect(configuration.access.owners.isEmpty && configuration.access.pairing)
        #expect(configuration.adapters.irc.isEmpty)
    }

    @Test("the data directory comes from flag, variable, file or XDG, each with its own base")
    func dataDirectory() {
        let path = self.folder.path
        var environment = ["XDG_DATA_HOME": "\(path)/xdg"]
        expectEqual(self.load(environment).configuration?.dataDirectory, "\(path)/xdg/jetbridge")
        let file = self.folder.write("etc/file.yaml", "data_dir: data")
        var flags = ConfigurationFlags(file: file)
        expectEqual(self.load(environment, flags: flags).configuration?.dataDirectory, "\(path)/etc/data")
        environment["JETBRIDGE_DATA_DIR"] = "from-variable"
        expectEqual(self.load(environment, flags: flags).configuration?.dataDirectory, "\(path)/current/from-variable")
        flags.dataDirectory = "/from/flag"
        let configuration = self.load(environment, flags: flags).configuration
        expectEqual(configuration?.dataDirectory, "/from/flag")
        expectEqual(configuration?.store.name, "/from/flag/jetbridge.sqlite")
    }

    @Test("flags and variables override the file")
    func overrides() {
        self.folder.write("current/jetbridge.yaml", "gateway: {listen: \"127.0.0.1:1\"}\nlog: {level: error}")
        var environment: [String: String] = [:]
        expectEqual(self.load(environment).configuration?.gateway.listen.port, 1)
        environment = ["JETBRIDGE_LISTEN": "[::1]:2", "JETBRIDGE_LOG_LEVEL": "debug"]
        expectEqual(self.load(environment).configuration?.gateway.listen.description, "[::1]:2")
        expectEqual(self.load(environment).configuration?.log.level, .debug)
        let flags = ConfigurationFlags(listen: "127.0.0.1:0", logLevel: "trace")
        expectEqual(self.load(environment, flags: flags).configuration?.gateway.listen.port, 0)
        expectEqual(self.load(environment, flags: flags).configuration?.log.level, .trace)
    }

    @Test("an error in a flag or variable names it")
    func wrongOverride() {
        let flags = ConfigurationFlags(listen: "8787")
        let loaded = self.load(["JETBRIDGE_LOG_LEVEL": "wrning"], flags: flags)
        expectEqual(
            loaded.issues.map(\.description),
            [
                "--listen: the host is missing; write 127.0.0.1:8787",
                "JETBRIDGE_LOG_LEVEL: 'wrning' is not one of trace, debug, info, warning, error; did you mean 'warning'?",
            ])
    }
}
