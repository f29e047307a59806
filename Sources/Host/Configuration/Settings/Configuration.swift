package import Agent
package import Analytics
internal import Chat
internal import Database
package import Extensions
package import Gateway
internal import HTTP
package import People
package import Reading
internal import Store
package import Telemetry
package import Threads
package import Turns
package import Web
package import Words

// Change: a new setting
/// The whole configuration, checked, with defaults filled in.
///
/// Names follow those of the file: `gateway.public_url` is ``Gateway/publicURL``. A class, because it has hundreds of fields:
/// as a value, each function that passed it on copied them one by one, which took a megabyte of the program.
package final class Configuration: Sendable {
    /// Absolute.
    package let dataDirectory: String
    package let log: Log
    /// Of the bot's notes for whoever has chosen none.
    package let language: Language
    package let store: Store
    package let gateway: Gateway
    package let model: Model
    /// Further providers. Ids are unique.
    package let models: [Model]
    package let copilot: Copilot
    package let proxy: Proxy
    package let github: GitHub
    /// Names are unique.
    package let repositories: [Repository]
    /// The name of one of ``repositories``; nil without repositories.
    package let defaultRepository: String?
    package let limits: Limits
    package let access: Access
    package let approvals: Approvals
    package let agent: Agent
    package let policy: Policy
    /// The host's own.
    package let skills: [Skill]
    package let jail: Jail
    /// Nil for a host that is alone.
    package let cluster: Cluster?
    /// What hosts share: files, snapshots of workspaces, archives. Nil: each is in the data directory.
    package let objects: ObjectPlace?
    /// Where `sessions archive` writes archives; nil: into ``objects``, if there are some.
    package let archive: ObjectPlace?
    /// Nil: no backups are made by themselves.
    package let backups: Backups?
    package let retention: Retention
    package let quota: PersonQuota
    package let files: ReadingSettings
    /// Nil: voice notes are not written down.
    package let speech: Speech?
    /// Nil: models can't search the web.
    package let search: WebSearchSettings?
    package let analytics: AnalyticsSettings
    package let adapters: Adapters
    /// Names are unique.
    package let hooks: [Webhook]
    /// Servers of tools. Names are unique.
    package let extensions: [ExtensionSettings]
    /// Where traces and metrics go; nil without telemetry.
    package let telemetry: TelemetrySettings?

    /// `override` sets what flags and variables override, once everything else is read.
    init(
        _ root: Section, dataDirectory: String, personas: (AgentLimits) -> PersonaCatalog,
        override: (inout Log, inout Gateway, inout Proxy) -> Void
    ) {
        self.dataDirectory = dataDirectory
        var log = root.section("log") { Log($0) }
        self.language = root.read("language", default: .en) { $0.choice() }
        var store = root.section("store") { Store.read($0) }
        var gateway = root.section("gateway") { Gateway($0) }
        // Printed before the list, which it may name one of.
        _ = root.effective(of: "model")
        let models = Model.list(root)
        self.model = root.section("model") { Model($0, beside: models) }
        self.models = models.map { [turnTimeout = self.model.turnTimeout] in $0.within(turnTimeout) }
        self.copilot = root.section("copilot") { Copilot($0) }
        var proxy = root.section("proxy") { Proxy($0) }
        self.github = root.section("github") { GitHub($0) }
        self.jail = root.section("jail") { Jail($0) }
        self.repositories = Repository.list(root, jail: self.jail.limits)
        self.defaultRepository = Repository.standard(root, among: self.repositories)
        self.limits = root.section("limits") { Limits($0) }
        var adapters = root.section("adapters") { Adapters($0, gateway: gateway) }
        adapters.answers.standard = AnswerRules.read(root)
        adapters.context.standard = ContextRules.read(root)
        self.access = root.section("access") { Access($0, adapters: adapters, signIn: gateway.signIn) }
        self.approvals = root.section("approvals") { Approvals($0) }
        var agent = root.section("agent") { Agent($0, personas: personas) }
        agent.readPersonas(root)
        self.agent = agent
        self.extensions = ExtensionSettings.list(root)
        self.policy = Policy.read(
            root, approvals: self.approvals,
            names: PolicyRule.Names(
                personas: self.agent.personas.personas.map(\.name), repositories: self.repositories.map(\.name),
                extensions: self.extensions.map(\.name)))
        self.skills = root.section("skills") { Skill.list($0) }
        self.objects = root.optional("objects") { ObjectPlace.read($0) }
        self.cluster = root.optional("cluster") {
            Cluster.read($0, with: store, sharesObjects: root.value("objects") != nil)
        }
        // A host that is alone has a lock of its session instead of a lease.
        if self.cluster != nil, case .postgreSQL(var place) = store {
            place.sharesSessions = true
            store = .postgreSQL(place)
        }
        self.store = store
        self.archive = root.optional("archive") { ObjectPlace.read($0) }
        self.backups = root.optional("backups") { $0.section { Backups.read($0) } }
        self.retention = root.section("retention") { Retention($0) }
        self.quota = root.section("quota") { quota in quota.section("person") { PersonQuota($0) } }
        self.files = root.section("files") { ReadingSettings($0) }
        self.speech = Speech.read(root)
        if self.speech != nil { adapters.hearVoices() }
        self.adapters = adapters
        self.search = WebSearchSettings.read(root)
        self.hooks = Webhook.list(root)
        self.telemetry = TelemetrySettings.read(root)
        self.analytics = AnalyticsSettings.read(
            root, networks: adapters.declaredIDs.flatMap { network, ids in ids.map { "\(network):\($0)" } },
            repositories: self.repositories)
        override(&log, &gateway, &proxy)
        (self.log, self.gateway, self.proxy) = (log, gateway, proxy)
        self.checkDataClasses(root)
        self.checkSearchRules(root)
    }
}
