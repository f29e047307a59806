package import JSON
internal import Logging
internal import Primitives
internal import YAML

/// The command line's configuration flags.
package struct ConfigurationFlags: Sendable {
    /// `--config`
    package var file: String?
    /// `--data-dir`
    package var dataDirectory: String?
    /// `--listen`
    package var listen: String?
    /// `--log-level`
    package var logLevel: String?
    /// `--listen` of `jetbridge proxy`
    package var proxyListen: String?

    package init(
        file: String? = nil, dataDirectory: String? = nil, listen: String? = nil, logLevel: String? = nil,
        proxyListen: String? = nil
    ) {
        self.file = file
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.logLevel = logLevel
        self.proxyListen = proxyListen
    }
}

/// The result of loading a configuration.
package struct LoadedConfiguration: Sendable {
    /// The file's path as given or found; nil for the embedded defaults.
    package let file: String?
    /// Nil if any issue is an error.
    package let configuration: Configuration?
    /// Errors and warnings, in the order of the file.
    package let issues: [ConfigurationIssue]
    /// To compare it with a later version of the file.
    package let content: ConfigurationContent
    /// The settings as they take effect, with references in place of secrets.
    package let effective: JSON

    init(
        file: String?, configuration: Configuration?, issues: [ConfigurationIssue],
        content: ConfigurationContent = ConfigurationContent(), effective: JSON = .null
    ) {
        self.effective = effective
        self.file = file
        self.configuration = configuration
        self.issues = issues
        self.content = content
    }

    package var errors: [ConfigurationIssue] { self.issues.filter { $0.severity == .error } }
}

/// Finds and reads the configuration. Flags override the environment, which overrides the file and its defaults.
package struct ConfigurationLoader: Sendable {
    /// In bytes; far more than any configuration needs.
    private static let fileLimit = 1 << 20

    private let flags: ConfigurationFlags
    private let surroundings: Surroundings

    package init(flags: ConfigurationFlags = ConfigurationFlags(), surroundings: Surroundings = .ofProcess()) {
        self.flags = flags
        self.surroundings = surroundings
    }

    /// Reads `--config`, else `$JETBRIDGE_CONFIG`, else the first file in the standard places, else the defaults.
    package func load() -> LoadedConfiguration {
        for (path, place) in self.candidates() {
            do throws(FileReader.Failure) {
                let absolute = self.surroundings.absolutePath(path, relativeTo: self.surroundings.currentDirectory)
                return self.read(try FileReader.read(absolute, limit: Self.fileLimit).bytes, file: path)
            } catch {
                if error.isMissing, place != .named { continue }
                if error.isUnreachable, place == .personal { continue }
                let reading = Reading(source: path, surroundings: self.surroundings)
                reading.report("the file cannot be read: \(error.reason)", path: "", line: nil, column: nil)
                return LoadedConfiguration(file: path, configuration: nil, issues: reading.issues)
            }
        }
        return self.read([], file: nil)
    }

    /// Reads `text` as the content of `file`.
    package func read(_ text: [UInt8], file: String?) -> LoadedConfiguration {
        let reading = Reading(source: file, surroundings: self.surroundings)
        let root: Value?
        do throws(YAMLError) {
            let node = try YAML.parse(text)
            root = node.isNull ? nil : Value(node: node, path: "", reading: reading)
        } catch {
            reading.report(error.message, path: "", line: error.line, column: error.column)
            return LoadedConfiguration(file: file, configuration: nil, issues: reading.issues)
        }
        let empty = Section(nil, path: "", reading: reading)
        let configuration =
            root.map { $0.section { self.configuration($0, reading: reading) } }
            ?? self.configuration(empty, reading: reading)
        let effective = root.map { reading.effective(at: $0.node) } ?? empty.effective
        return LoadedConfiguration(
            file: file, configuration: reading.hasErrors ? nil : configuration, issues: reading.sortedIssues,
            content: ConfigurationContent(
                root: root?.node, secrets: reading.secrets.merging(reading.otherFiles) { secret, _ in secret }),
            effective: effective.json(reading.sections))
    }

    private enum Place {
        /// It must exist.
        case named
        /// It may be in a folder that this user cannot enter: commands of the service's user often start in the
        /// administrator's home.
        case personal
        case system
    }

    /// Where to look for the file.
    private func candidates() -> [(path: String, Place)] {
        if let file = self.flags.file { return [(file, .named)] }
        if let file = self.surroundings.variable("JETBRIDGE_CONFIG") { return [(file, .named)] }
        let user = self.surroundings.baseDirectory("XDG_CONFIG_HOME", fallback: ".config")
        let personal = ["jetbridge.yaml", user.map { "\($0)/jetbridge/jetbridge.yaml" }].compactMap { $0 }
        return personal.map { ($0, .personal) } + [("/etc/jetbridge/jetbridge.yaml", .system)]
    }

    private func configuration(_ root: Section, reading: Reading) -> Configuration {
        reading.dataDirectory = self.dataDirectory(root, reading: reading)
        root.effective.set("data_dir", .string(reading.dataDirectory))
        let folders = PersonaFolders(
            folders: [self.folder(of: reading.source), reading.dataDirectory].compactMap { $0 }
                .map { "\($0)/personas" },
            surroundings: self.surroundings)
        let configuration = Configuration(
            root, dataDirectory: reading.dataDirectory, personas: { folders.read(limits: $0, into: reading) },
            override: { log, gateway, proxy in
                gateway.listen =
                    self.override(
                        "--listen", self.flags.listen, "JETBRIDGE_LISTEN", reading, { $0.listenAddress() })
                    ?? gateway.listen
                log.level =
                    self.override(
                        "--log-level", self.flags.logLevel, "JETBRIDGE_LOG_LEVEL", reading, { $0.logLevel() })
                    ?? log.level
                self.overrideProxy(&proxy, reading: reading)
            })
        // Flags and variables override the file.
        root.effective(of: "gateway").set("listen", .string("\(configuration.gateway.listen)"))
        root.effective(of: "log").set("level", .string(configuration.log.level.name))
        root.effective(of: "proxy").set("listen", .string("\(configuration.proxy.listen)"))
        if let upstream = configuration.proxy.upstream {
            root.effective(of: "proxy").set("upstream", .string("\(upstream)"))
        }
        return configuration
    }

    private func overrideProxy(_ proxy: inout Configuration.Proxy, reading: Reading) {
        if self.flags.proxyListen == nil,
            let port = self.override("", nil, "PROXY_PORT", reading, { $0.port() })
        {
            proxy.listen = HostPort(host: proxy.listen.host, port: port)
        }
        if let listen = self.override("--listen", self.flags.proxyListen, "", reading, { $0.listenAddress() }) {
            proxy.listen = listen
        }
        if let url = self.override("", nil, "JETBRIDGE_PROXY_UPSTREAM", reading, { $0.upstreamURL() }) {
            proxy.upstream = url
        }
    }

    /// A relative path in the file is relative to the file's folder; in a flag or variable, to the current directory.
    private func dataDirectory(_ root: Section, reading: Reading) -> String {
        let current = self.surroundings.currentDirectory
        reading.dataDirectory = self.folder(of: reading.source) ?? current
        let configured = root.optional("data_dir") { $0.filePath() }
        let overridden = self.override(
            "--data-dir", self.flags.dataDirectory, "JETBRIDGE_DATA_DIR", reading, { $0.filePath() })
        return overridden ?? configured
            ?? self.surroundings.baseDirectory("XDG_DATA_HOME", fallback: ".local/share").map { "\($0)/jetbridge" }
            ?? "/var/lib/jetbridge"
    }

    /// The value of a flag, else of a variable, that overrides the file.
    private func override<T>(
        _ flag: String, _ given: String?, _ variable: String, _ reading: Reading, _ convert: (Value) -> T?
    ) -> T? {
        let (source, text) = given.map { (flag, $0) } ?? (variable, self.surroundings.variable(variable) ?? "")
        guard given != nil || !text.isEmpty else { return nil }
        let own = Reading(
            source: source, surroundings: self.surroundings, isFile: false,
            dataDirectory: self.surroundings.currentDirectory)
        defer { reading.append(own) }
        let node = YAMLNode(.scalar(text, isPlain: false), line: 1, column: 1)
        return convert(Value(node: node, path: "", reading: own))
    }

    /// The absolute path of the configuration file's folder; nil without a file.
    private func folder(of file: String?) -> String? {
        guard let file else { return nil }
        let path = self.surroundings.absolutePath(file, relativeTo: self.surroundings.currentDirectory)
        return path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
    }
}
