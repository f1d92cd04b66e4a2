mod naive;
mod worlds;
