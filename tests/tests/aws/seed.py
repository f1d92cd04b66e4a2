# What somebody has who begins with AWS's guide: two VPCs whose peering nobody has accepted, and a
# database in one of them whose security group lets nothing out. Prints the identifiers.
import json
import sys

import boto3

REGION = "eu-west-1"


def client(service):
    return boto3.client(service, region_name=REGION, endpoint_url=sys.argv[1])


ec2, rds = client("ec2"), client("rds")


def vpc(cidr):
    return ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]


def subnet(of, cidr, zone):
    made = ec2.create_subnet(VpcId=of, CidrBlock=cidr, AvailabilityZone=REGION + zone)
    return made["Subnet"]["SubnetId"]


database, directory = vpc("10.0.0.0/16"), vpc("10.1.0.0/16")
of_database = [subnet(database, "10.0.1.0/24", "a"), subnet(database, "10.0.2.0/24", "b")]
of_directory = [subnet(directory, "10.1.1.0/24", "a"), subnet(directory, "10.1.2.0/24", "b")]
ec2.create_vpc_peering_connection(VpcId=database, PeerVpcId=directory)
group = ec2.create_security_group(GroupName="db", Description="db", VpcId=database)["GroupId"]
everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[everything])
rds.create_db_subnet_group(
    DBSubnetGroupName="db", DBSubnetGroupDescription="db", SubnetIds=of_database
)
rds.create_db_instance(
    DBInstanceIdentifier="app",
    DBInstanceClass="db.m6g.large",
    Engine="postgres",
    EngineVersion="15.4",
    DBSubnetGroupName="db",
    VpcSecurityGroupIds=[group],
    MasterUsername="postgres",
    MasterUserPassword="only-in-this-test",
    AllocatedStorage=20,
)
print(json.dumps({"vpc": directory, "subnets": of_directory}))
