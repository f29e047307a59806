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

// Change: a new setting
/// The whole configuration, checked, with defaults filled in.
///
/// Names follow those of the file: `gateway.public_url` is ``Gateway/publicURL``.
package struct Configuration: Sendable {
    /// Absolute.
    package var dataDirectory: String
    package var log: Log
    package var store: Store
    package var gateway: Gateway
    package var model: Model
    /// Further providers. Ids are unique.
    package var models: [Model]
    package var copilot: Copilot
    package var proxy: Proxy
    package var github: GitHub
    /// Names are unique.
    package var repositories: [Repository]
    /// The name of one of ``repositories``; nil without repositories.
    package var defaultRepository: String?
    package var limits: Limits
    package var access: Access
    package var approvals: Approvals
    package var agent: Agent
    package var policy: Policy
    /// The host's own.
    package var skills: [Skill]
    package var jail: Jail
    /// Nil for a host that is alone.
    package var cluster: Cluster?
    /// What hosts share: files, snapshots of workspaces, archives. Nil: each is in the data directory.
    package var objects: ObjectPlace?
    /// Where `sessions archive` writes archives; nil: into ``objects``, if there are some.
    package var archive: ObjectPlace?
    /// Nil: no backups are made by themselves.
    package var backups: Backups?
    package var retention: Retention
    package var quota: PersonQuota
    package var files: ReadingSettings
    /// Nil: voice notes are not written down.
    package var speech: Speech?
    package var analytics: AnalyticsSettings
    package var adapters: Adapters
    /// Names are unique.
    package var hooks: [Webhook]
    /// Servers of tools. Names are unique.
    package var extensions: [ExtensionSettings]
    /// Where traces and metrics go; nil without telemetry.
    package var telemetry: TelemetrySettings?

    init(_ root: Section, dataDirectory: String, personas: (AgentLimits) -> PersonaCatalog) {
        self.dataDirectory = dataDirectory
        self.log = root.section("log") { Log($0) }
        self.store = root.section("store") { Store.read($0) }
        self.gateway = root.section("gateway") { Gateway($0) }
        // Printed before the list, which it may name one of.
        _ = root.effective(of: "model")
        let models = Model.list(root)
        self.model = root.section("model") { Model($0, beside: models) }
        self.models = models.map { [turnTimeout = self.model.turnTimeout] in $0.within(turnTimeout) }
        self.copilot = root.section("copilot") { Copilot($0) }
        self.proxy = root.section("proxy") { Proxy($0) }
        self.github = root.section("github") { GitHub($0) }
        self.jail = root.section("jail") { Jail($0) }
        self.repositories = Repository.list(root, jail: self.jail.limits)
        self.defaultRepository = Repository.standard(root, among: self.repositories)
        self.limits = root.section("limits") { Limits($0) }
        let gateway = self.gateway
        self.adapters = root.section("adapters") { Adapters($0, gateway: gateway) }
        self.adapters.answers.standard = AnswerRules.read(root)
        self.adapters.context.standard = ContextRules.read(root)
        let adapters = self.adapters
        self.access = root.section("access") { Access($0, adapters: adapters, signIn: gateway.signIn) }
        self.approvals = root.section("approvals") { Approvals($0) }
        self.agent = root.section("agent") { Agent($0, personas: personas) }
        self.agent.readPersonas(root)
        self.extensions = ExtensionSettings.list(root)
        self.policy = Policy.read(
            root, approvals: self.approvals,
            names: PolicyRule.Names(
                personas: self.agent.personas.personas.map(\.name), repositories: self.repositories.map(\.name),
                extensions: self.extensions.map(\.name)))
        self.skills = root.section("skills") { Skill.list($0) }
        let objects = root.optional("objects") { ObjectPlace.read($0) }
        self.objects = objects
        let store = self.store
        self.cluster = root.optional("cluster") {
            Cluster.read($0, with: store, sharesObjects: root.value("objects") != nil)
        }
        // A host that is alone has a lock of its session instead of a lease.
        if self.cluster != nil, case .postgreSQL(var place) = store {
            place.sharesSessions = true
            self.store = .postgreSQL(place)
        }
        self.archive = root.optional("archive") { ObjectPlace.read($0) }
        self.backups = root.optional("backups") { $0.section { Backups.read($0) } }
        self.retention = root.section("retention") { Retention($0) }
        self.quota = root.section("quota") { quota in quota.section("person") { PersonQuota($0) } }
        self.files = root.section("files") { ReadingSettings($0) }
        self.speech = Speech.read(root)
        if self.speech != nil { self.adapters.hearVoices() }
        self.hooks = Webhook.list(root)
        self.telemetry = TelemetrySettings.read(root)
        self.analytics = AnalyticsSettings.read(
            root, networks: adapters.declaredIDs.flatMap { network, ids in ids.map { "\(network):\($0)" } },
            repositories: self.repositories)
        self.checkDataClasses(root)
    }
}
