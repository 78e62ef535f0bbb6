/// The keys about metrics.
extension ConfigurationKeys {
    static let metricsTextfileDirectory = ConfigurationKey(
        "metrics.textfile_directory", .path,
        "The folder from which node_exporter takes text files (its --collector.textfile.directory). The daemon must be "
            + "allowed to write there; a unit that protects the file system needs ReadWritePaths= for it. The file, "
            + "brain-memoryd.prom, is replaced whole, and removed at a clean stop. Empty: none is written. "
            + "brainctl metrics prints the same in any case.")

    static let metricsTextfileInterval = ConfigurationKey(
        "metrics.textfile_interval_ms", .integer(1_000...3_600_000), unit: "milliseconds", default: "15000",
        "How often the file is written: as often as Prometheus reads node_exporter.")

    static let metricsInstance = ConfigurationKey(
        "metrics.instance", .name(maximumBytes: 64),
        "The name of this daemon among several on one machine: the label \"store\" of each series, and part of the file's "
            + "name, brain-memoryd-NAME.prom. Without it two that write to one folder would overwrite each other's.")
}
