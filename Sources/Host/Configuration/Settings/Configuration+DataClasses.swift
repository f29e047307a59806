package import Chat

extension Configuration {
    /// What the repositories' data counts as.
    package var dataClasses: DataClasses {
        let classes = self.repositories.compactMap { repository in repository.dataClass.map { (repository.name, $0) } }
        return DataClasses(
            Dictionary(classes, uniquingKeysWith: { one, _ in one }), defaultRepository: self.defaultRepository)
    }

    /// Why the default model may not answer about the default repository; nil if it may, or nobody can say whose it is.
    package var dataFinding: String? {
        guard let origin = self.dataClasses.origin(of: self.defaultRepository), let model = self.defaultProvider,
            !model.classes.contains(origin.name)
        else { return nil }
        let name = model.id == nil || self.model.name.contains("/") ? self.model.name : model.fullName(self.model.name)
        let others = self.providers.filter { $0.classes.contains(origin.name) }.map { $0.fullName($0.name) }
        // Otherwise that is an error.
        if others.isEmpty { return nil }
        return "the default model \(name) may not get data of class \(origin.name), which the default repository "
            + "\(origin.repository) has: every question there is refused until its thread chooses "
            + "\(others.joined(separator: " or "))"
    }

    /// The provider of the default model; nil if only the lists of models say whose it is.
    private var defaultProvider: Model? {
        if self.model.isProvider { return self.model }
        return self.models.first { self.model.name.hasPrefix($0.fullName("")) }
            ?? (self.models.count == 1 ? self.models.first : nil)
    }

    /// Checks that somebody can answer about each repository.
    func checkDataClasses(_ root: Section) {
        let named = Set(self.providers.flatMap(\.classes))
        for (repository, value) in zip(self.repositories, root.value("repositories")?.items() ?? []) {
            guard let data = repository.dataClass, !named.contains(data) else { continue }
            value.report(
                "no model has the class '\(data)', so nothing could ever answer about this repository: add it to 'classes' "
                    + "of a model", nearestTo: data, among: named.sorted())
        }
        if let finding = self.dataFinding { (root.value("model") ?? root.value("models"))?.warn(finding) }
    }
}

extension Value {
    /// A class of data, which people choose.
    func dataClass() -> String? {
        self.string(
            where: { 1...32 ~= $0.utf8.count && $0.first != "-" && $0.isPlain(with: "-") && $0 == $0.lowercased() },
            else: "a class has 1 to 32 of a-z, 0-9 and '-', and does not begin with '-'")
    }
}
