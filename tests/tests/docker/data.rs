//! The volume: whose it is, and what may lie on it.

use crate::engine::{Images, Volume, docker};

crate::tests![
    what_is_not_a_cluster_is_left_alone,
    a_cluster_of_another_version,
    half_a_cluster_of_somebody_else,
    one_server_on_a_volume,
    a_folder_that_cannot_be_used,
    a_folder_in_a_volume,
];

/// Carries out a script on a volume.
fn on(images: &Images, volume: &Volume, script: &str) -> String {
    docker(&[
        "run",
        "--rm",
        "-v",
        &volume.as_data(),
        &images.postgres(),
        "bash",
        "-ec",
        &format!("cd /var/lib/postgresql/data; {script}"),
    ])
}

fn refused(images: &Images, volume: &Volume, why: &str) {
    let listing = "find . -printf '%p %u %m %s\\n' | sort";
    let before = on(images, volume, listing);
    let said = images.server(&["-e", "POSTGRES_PASSWORD=x", "-v", &volume.as_data()]).refuses();
    assert!(said.contains(why), "{said}");
    assert_eq!(on(images, volume, listing), before, "something was changed");
}

fn what_is_not_a_cluster_is_left_alone(images: &Images) {
    let volume = Volume::new(images);
    on(images, &volume, "chmod 755 .; echo mine > thesis.txt; mkdir .hidden lost+found");
    refused(images, &volume, "and no cluster");
    // Nor does a folder of somebody else's change hands.
    on(images, &volume, "chown root .");
    refused(images, &volume, "is not a folder of postgres");
}

fn a_cluster_of_another_version(images: &Images) {
    let volume = Volume::new(images);
    on(images, &volume, "echo 13 > PG_VERSION; mkdir global; touch global/pg_control");
    refused(images, &volume, "is of PostgreSQL 13, this image of");
}

fn half_a_cluster_of_somebody_else(images: &Images) {
    let volume = Volume::new(images);
    on(images, &volume, "echo $PG_MAJOR > PG_VERSION; mkdir base; echo precious > base/1");
    refused(images, &volume, "holds half a cluster");
}

fn one_server_on_a_volume(images: &Images) {
    let volume = Volume::new(images);
    let first = images.server(&["-e", "POSTGRES_PASSWORD=x", "-v", &volume.as_data()]);
    first.start_healthy();
    let said = images.server(&["-e", "POSTGRES_PASSWORD=x", "-v", &volume.as_data()]).refuses();
    assert!(said.contains("Another container is running on this volume"), "{said}");
    assert_eq!(first.sql("SELECT 1"), "1");
    // Killed as hard as can be, it has let go.
    first.signal("KILL");
    assert_eq!(first.exit_code(), 137);
    images.server(&["-v", &volume.as_data()]).start_healthy();
}

fn a_folder_that_cannot_be_used(images: &Images) {
    let volume = Volume::new(images);
    // As a folder of the host would be: a volume without anything in it takes over what the image
    // has at that place.
    let data = volume.as_data() + ":nocopy";
    docker(&[
        "run",
        "--rm",
        "-v",
        &data,
        &images.postgres(),
        "chown",
        "12345",
        "/var/lib/postgresql/data",
    ]);
    let options = ["-e", "POSTGRES_PASSWORD=x", "-v", &data, "--user", "postgres"];
    let said = images.server(&options).refuses();
    assert!(said.contains("is not a folder of postgres"), "{said}");
    // As root it is given to the server's user: it is empty.
    images.server(&options[..4]).start_healthy();
}

fn a_folder_in_a_volume(images: &Images) {
    let volume = Volume::new(images);
    on(images, &volume, "echo mine > thesis.txt");
    let options = [
        "-e",
        "POSTGRES_PASSWORD=x",
        "-e",
        "PGDATA=/var/lib/postgresql/data/a/b",
        "-v",
        &volume.as_data(),
    ];
    let server = images.server(&options);
    server.start_healthy();
    assert_eq!(server.sql("SHOW data_directory"), "/var/lib/postgresql/data/a/b");
}
